/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/ssh/message.c init/ssh/wire.c */
/* What parses prints back to the same bytes, and has no text that a log could trip over. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/ssh/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct message message;
    uint8_t again[MESSAGE_MAX];
    if (message_parse(data, size, &message) < 0)
        return 0;
    if (message_print(&message, again) != size || memcmp(again, data, size) != 0)
        abort();
    return 0;
}
