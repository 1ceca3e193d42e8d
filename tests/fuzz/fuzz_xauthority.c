/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/session/xauthority.c */
/* A file of X cookies. What is picked is a file of one cookie, from which it is picked again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/session/xauthority.h"
#include "shared/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_buf struct buf out = BUF_INIT(1 << 20), again = BUF_INIT(1 << 20);
    int found = xauthority_pick(data, size, "desk", 1, &out);
    if (found < 0 || (found == 0) != (out.length == 0))
        abort();
    if (found && (xauthority_pick(out.data, out.length, "elsewhere", 1, &again) != 1 ||
                  again.length != out.length || memcmp(out.data, again.data, out.length) != 0))
        abort();
    return 0;
}
