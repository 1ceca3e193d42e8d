/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/config/edit.c */
/* A line put into a file that parses: it parses still, and says one thing more. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/config/edit.h"
#include "shared/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    cleanup_config struct config before = CONFIG_INIT;
    cleanup_config struct config after = CONFIG_INIT;
    cleanup_buf struct buf out = BUF_INIT(CONFIG_FILE_MAX);
    int line = 0;
    if (size > CONFIG_FILE_MAX / 2 || config_parse(&before, text, size, "f", CONFIG_USER) < 0 ||
        before.count >= CONFIG_ENTRIES_MAX)
        return 0;
    if (config_edit_insert(&before, text, size, "network", "allow", "e.example:1", &out,
                           &line) < 0 ||
        config_parse(&after, out.data, out.length, "f", CONFIG_USER) < 0 ||
        after.count != before.count + 1)
        abort();
    const struct config_entry *found = config_edit_find(&after, "allow", "e.example:1");
    if (!found || (found->line != line && !config_edit_find(&before, "allow", "e.example:1")))
        abort();
    return 0;
}
