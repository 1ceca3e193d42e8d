/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clean-custom, clean-all-custom: remove images with packages. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "plugin/command.h"
#include "plugin/image/age.h"
#include "plugin/image/inventory.h"
#include "plugin/image/wanted.h"
#include "plugin/terminal/confirm.h"
#include "plugin/terminal/output.h"
#include "shared/buf.h"
#include "shared/log.h"
#include "shared/names.h"

enum { QUESTION_MAX = 1024 };

static const struct option_spec options[] = {
    {'y', "yes", NULL, "do not ask", COMPLETES_NOTHING, NULL},
};

static const char *shown(const struct image_entry *entry)
{
    return quoted(*entry->name ? entry->name : entry->id);
}

static int ask(const struct invocation *invocation, const struct inventory *inventory,
               struct error *err)
{
    cleanup_buf struct buf question = BUF_INIT(QUESTION_MAX);
    if (argument_flag(&invocation->arguments, "yes"))
        return 1;
    if (inventory->count == 1)
        (void)buf_printf(&question, "remove the image %s (%s)?", shown(&inventory->items[0]),
                         quoted(image_entry_label(&inventory->items[0], LABEL_PACKAGES)));
    else
        (void)buf_printf(&question, "remove %zu images with packages?", inventory->count);
    return confirm(question.data ? question.data : "remove them?", "--yes", err);
}

/* What became of each: for people a line, for programs {"image", "freed"} or {"image",
 * "used_by"}.
 */
static int remove_each(struct invocation *invocation, const struct inventory *inventory,
                       json_t *report, struct error *err)
{
    json_int_t total = 0;
    size_t removed = 0;
    for (size_t i = 0; i < inventory->count && !engine_cancelled(); i++) {
        const struct image_entry *entry = &inventory->items[i];
        json_int_t freed = 0;
        int gone = image_entry_remove(invocation->engine, entry, &freed, err);
        if (gone < 0)
            return -1;
        const char *user = entry->user ? entry->user : "?";
        if (gone)
            json_array_append_new(report, json_pack("{s:s, s:I}", "image",
                                                    *entry->name ? entry->name : entry->id,
                                                    "freed", freed));
        else
            json_array_append_new(report, json_pack("{s:s, s:s}", "image",
                                                    *entry->name ? entry->name : entry->id,
                                                    "used_by", user));
        if (!gone)
            info("%s stays: the box %s uses it", shown(entry), quoted(user));
        else if (invocation->format != OUTPUT_JSON && !invocation->quiet)
            printf("%s\n", shown(entry));
        total += freed;
        removed += gone > 0;
    }
    char bytes[32];
    print_bytes(total, bytes, sizeof bytes);
    info("%zu image%s removed, %s freed", removed, removed == 1 ? "" : "s", bytes);
    return 0;
}

static int clean(struct invocation *invocation, const char *packages, struct error *err)
{
    cleanup_inventory struct inventory inventory = {0};
    struct engine *engine = invocation_engine(invocation, err);
    if (!engine || inventory_read(engine, true, &inventory, err) < 0)
        return -1;
    if (packages)
        inventory_keep(&inventory, LABEL_PACKAGES, packages);
    json_t *report = json_array();
    int failed = 0;
    if (inventory.count == 0)
        info("there is no image with %s", packages ? "these packages" : "packages");
    else if ((failed = ask(invocation, &inventory, err)) > 0)
        failed = remove_each(invocation, &inventory, report, err);
    if (failed == 0 && engine_cancelled())
        failed = error_set(err, "cancelled");
    if (failed == 0 && invocation->format == OUTPUT_JSON)
        return output_json(report, stdout);
    json_decref(report);
    return failed;
}

static int clean_custom(struct invocation *invocation, struct error *err)
{
    cleanup_with(strings_free) struct strings packages = {0};
    if (invocation->arguments.rest_count > 0)
        return error_usage(err, "clean-custom takes folders, and no command");
    if (packages_wanted(&invocation->arguments, &packages, err) < 0)
        return -1;
    cleanup_free char *joined = strings_join(&packages, " ");
    return joined ? clean(invocation, joined, err) : error_set(err, "out of memory");
}

static int clean_all_custom(struct invocation *invocation, struct error *err)
{
    return clean(invocation, NULL, err);
}

const struct command cmd_clean_custom = {
    .name = "clean-custom",
    .operands = "[DIR…]",
    .summary = "Remove the image with a project's packages",
    .details =
        "The one that run would make for the folder, by its [packages], on whatever version of\n"
        "claudex's image it was built. Other projects with the same list build it again when\n"
        "they need it. What a box uses stays, running or not.",
    .options = options,
    .option_count = array_length(options),
    .completes = COMPLETES_FOLDER,
    .run = clean_custom,
};

const struct command cmd_clean_all_custom = {
    .name = "clean-all-custom",
    .summary = "Remove the images with packages of all projects",
    .details = "What a box uses stays, running or not.",
    .options = options,
    .option_count = array_length(options),
    .run = clean_all_custom,
};
