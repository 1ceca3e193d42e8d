/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/environment.c init/confine.c init/landlock.c init/privs.c init/seccomp.c
 * init/seccomp_filter.c init/seccomp_workers.c */
/* BOX_ENV: what is accepted is, put together again, what came in. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/environment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct strings list = {0};
    struct error err = ERROR_INIT;
    if (environment_parse((const char *)data, size, &list, &err) < 0) {
        if (strpbrk(err.text, "\n\033"))
            abort();
    } else {
        size_t at = 0;
        for (size_t i = 0; i < list.count; i++) {
            size_t length = strlen(list.items[i]) + 1;
            if (length > size - at || memcmp(list.items[i], data + at, length) != 0 ||
                !strchr(list.items[i], '='))
                abort();
            at += length;
        }
        if (at != size)
            abort();
    }
    environment_forget(&list);
    return 0;
}
