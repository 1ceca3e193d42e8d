/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/image/follow.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/image/custom.h"
#include "plugin/image/inventory.h"
#include "shared/log.h"
#include "shared/names.h"

static int split(const char *text, struct strings *list)
{
    cleanup_free char *copy = strdup(text);
    char *state = NULL;
    for (char *word = copy ? strtok_r(copy, " ", &state) : NULL; word;
         word = strtok_r(NULL, " ", &state))
        if (strings_add(list, word) < 0)
            return -1;
    return copy ? 0 : -1;
}

static int follow(struct engine *engine, const struct image_entry *entry, bool quiet,
                  json_t *report, struct error *err)
{
    cleanup_with(strings_free) struct strings packages = {0};
    cleanup_custom struct custom custom = {0};
    const struct custom_build how = {.quiet = quiet};
    const char *list = image_entry_label(entry, LABEL_PACKAGES);
    json_int_t freed;
    if (split(list, &packages) < 0)
        return error_set(err, "out of memory");
    if (custom_find(engine, &packages, false, &custom, err) < 0)
        return -1;
    if (strcmp(custom.tag, entry->name) == 0)
        return 0;
    if (custom_build(engine, &custom, &how, NULL, err) < 0)
        return -1;
    json_array_append_new(report, json_pack("{s:s, s:s, s:s}", "from", entry->name, "to",
                                            custom.tag, "packages", list));
    return image_entry_remove(engine, entry, &freed, err) < 0 ? -1 : 0;
}

int customs_follow(struct engine *engine, const char *before, bool quiet, json_t *report,
                   struct error *err)
{
    cleanup_inventory struct inventory inventory = {0};
    int failed = 0;
    if (inventory_read(engine, true, &inventory, err) < 0)
        return -1;
    inventory_keep(&inventory, LABEL_BASE, before);
    for (size_t i = 0; i < inventory.count && !engine_cancelled(); i++) {
        struct error this = ERROR_INIT;
        if (*inventory.items[i].name == '\0' ||
            follow(engine, &inventory.items[i], quiet, report, &this) == 0)
            continue;
        if (failed)
            warn("%s", err->text);
        *err = this;
        failed = -1;
    }
    return failed;
}
