/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/home/accounts.c init/replace.c init/confine.c init/landlock.c init/privs.c
 * init/seccomp.c init/seccomp_filter.c init/seccomp_workers.c */
/* /etc/passwd of any image: afterwards the line is there, and a second time changes nothing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/home/accounts.h"
#include "shared/buf.h"

#define LINE "node:x:1234:1234::/home/node:/bin/sh"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_buf struct buf once = BUF_INIT(ACCOUNTS_MAX);
    cleanup_buf struct buf twice = BUF_INIT(ACCOUNTS_MAX);
    if (accounts_edit((const char *)data, size, LINE, &once) < 0)
        return 0;
    if (once.length == 0)
        return memmem(data, size, LINE, sizeof LINE - 1) ? 0 : (abort(), 0);
    if (strncmp(once.data, LINE "\n", sizeof LINE) != 0)
        abort();
    if (accounts_edit(once.data, once.length, LINE, &twice) < 0 || twice.length != 0)
        abort();
    return 0;
}
