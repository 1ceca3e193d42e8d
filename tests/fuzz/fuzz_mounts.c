/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/mounts.c */
/*
 * /proc/self/mountinfo, whose paths and options others choose. Whatever it says, the judgement
 * of what was parsed must not let through a mount where none may be.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/mounts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mount mounts[] = {{.destination = "/workspace/app", .read_only = false},
                                    {.destination = "/context/docs", .read_only = true}};
    const struct session session = {
        .box = {.mounts = mounts, .mount_count = array_length(mounts)}};
    cleanup_mount_table struct mount_table table = {0};
    struct error err = ERROR_INIT;
    if (mounts_parse((const char *)data, size, &table, &err) < 0 ||
        mounts_judge(&table, &session, &err) < 0) {
        if (!err.text[0] || strpbrk(err.text, "\n\033"))
            abort();
        return 0;
    }
    for (size_t i = 0; i < table.count; i++) {
        const char *point = table.entries[i].point;
        if (strcmp(point, "/workspace") == 0 || strcmp(point, "/run/claudex") == 0)
            abort();
        if (strncmp(point, "/context/docs", 13) == 0 && !table.entries[i].read_only)
            abort();
    }
    return 0;
}
