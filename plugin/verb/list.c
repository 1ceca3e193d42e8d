/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list: the boxes there are, or the images. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "plugin/box.h"
#include "plugin/command.h"
#include "plugin/control.h"
#include "plugin/image/age.h"
#include "plugin/image/inventory.h"
#include "plugin/terminal/output.h"
#include "shared/buf.h"
#include "shared/log.h"
#include "shared/names.h"

static const struct option_spec options[] = {
    {'a', "all", NULL, "also those that have ended", COMPLETES_NOTHING, NULL},
    {0, "images", NULL, "the images that boxes are made from, instead", COMPLETES_NOTHING,
     NULL},
};

static json_t *folders_of(const struct box *box)
{
    json_t *list = json_loads(box_label(box, LABEL_FOLDERS), 0, NULL);
    if (json_is_array(list))
        return list;
    json_decref(list);
    return json_array();
}

static const char *summary_text(const struct box *box, const char *key)
{
    const char *text = json_string_value(json_object_get(box->summary, key));
    return text ? text : "";
}

/* What the box was made with is not what it is in: a lockdown has to be seen here, too. NULL
 * where that is not known. */
static char *mode_of(struct invocation *invocation, const struct box *box)
{
    return box_is_running(box) ? control_mode(invocation, box)
                               : strdup(box_label(box, LABEL_NETWORK));
}

static json_t *box_json(struct invocation *invocation, const struct box *box)
{
    cleanup_free char *mode = mode_of(invocation, box);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:s, s:I, s:o}", "name", box->name,
                     "id", box->id, "state", box->state, "status", summary_text(box, "Status"),
                     "agent", box_label(box, LABEL_AGENT), "network", mode, "image",
                     summary_text(box, "Image"), "version", box_label(box, LABEL_VERSION),
                     "created", json_integer_value(json_object_get(box->summary, "Created")),
                     "folders", folders_of(box));
}

static int print_json(struct invocation *invocation, const struct boxes *boxes)
{
    json_t *list = json_array();
    for (size_t i = 0; i < boxes->count; i++)
        if (json_array_append_new(list, box_json(invocation, &boxes->items[i])) < 0) {
            json_decref(list);
            return -1;
        }
    return output_json(list, stdout);
}

static int add_row(struct invocation *invocation, struct table *table, const struct box *box)
{
    cleanup_free char *mode = mode_of(invocation, box);
    cleanup_buf struct buf text = BUF_INIT(64 * 1024);
    json_t *folders = folders_of(box), *folder;
    size_t i;
    int failed = 0;
    json_array_foreach(folders, i, folder)
    {
        const char *path = json_string_value(folder);
        failed |= buf_printf(&text, "%s%s", i ? " " : "", path ? path : "");
    }
    json_decref(folders);
    return failed | table_add(table, box->name) |
           table_add(table, summary_text(box, "Status")) |
           table_add(table, box_label(box, LABEL_AGENT)) | table_add(table, mode ? mode : "?") |
           table_add(table, text.data ? text.data : "");
}

static int print_table(struct invocation *invocation, const struct boxes *boxes)
{
    static const char *const headings[] = {"NAME", "STATUS", "AGENT", "NETWORK", "FOLDERS"};
    cleanup_table struct table table = {.headings = headings,
                                        .columns = array_length(headings)};
    for (size_t i = 0; i < boxes->count; i++)
        if (add_row(invocation, &table, &boxes->items[i]) < 0)
            return -1;
    table_print(&table, stdout);
    return 0;
}

/* --- images --------------------------------------------------------------------------- */

static int images_json(const struct inventory *inventory)
{
    json_t *list = json_array();
    for (size_t i = 0; i < inventory->count; i++) {
        const struct image_entry *entry = &inventory->items[i];
        json_t *image =
            json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:s?}", "name", entry->name,
                      "id", entry->id, "created", entry->created, "size", entry->size,
                      "packages", image_entry_label(entry, LABEL_PACKAGES), "version",
                      image_entry_label(entry, LABEL_VERSION), "claude",
                      image_entry_label(entry, LABEL_CLAUDE), "codex",
                      image_entry_label(entry, LABEL_CODEX), "used_by", entry->user);
        if (json_array_append_new(list, image) < 0) {
            json_decref(list);
            return -1;
        }
    }
    return output_json(list, stdout);
}

static int images_table(const struct inventory *inventory)
{
    static const char *const headings[] = {"IMAGE", "AGE",    "SIZE",    "CLAUDE",
                                           "CODEX", "IN USE", "PACKAGES"};
    cleanup_table struct table table = {.headings = headings,
                                        .columns = array_length(headings)};
    const time_t now = time(NULL);
    for (size_t i = 0; i < inventory->count; i++) {
        const struct image_entry *entry = &inventory->items[i];
        char age[32], bytes[32];
        output_age((long)(now - (time_t)entry->created), age, sizeof age);
        print_bytes(entry->size, bytes, sizeof bytes);
        if (table_add(&table, *entry->name ? entry->name : entry->id) | table_add(&table, age) |
            table_add(&table, bytes) |
            table_add(&table, image_entry_label(entry, LABEL_CLAUDE)) |
            table_add(&table, image_entry_label(entry, LABEL_CODEX)) |
            table_add(&table, entry->user ? "yes" : "no") |
            table_add(&table, image_entry_label(entry, LABEL_PACKAGES)))
            return -1;
    }
    table_print(&table, stdout);
    return 0;
}

static int list_images(struct invocation *invocation, struct engine *engine, struct error *err)
{
    cleanup_inventory struct inventory inventory = {0};
    int failed = 0;
    if (inventory_read(engine, false, &inventory, err) < 0)
        return -1;
    if (invocation->format == OUTPUT_JSON)
        failed = images_json(&inventory);
    else if (!invocation->quiet)
        failed = images_table(&inventory);
    else
        for (size_t i = 0; i < inventory.count; i++)
            puts(quoted(*inventory.items[i].name ? inventory.items[i].name
                                                 : inventory.items[i].id));
    return failed ? error_set(err, "out of memory") : 0;
}

/* --- boxes ---------------------------------------------------------------------------- */

static int run(struct invocation *invocation, struct error *err)
{
    cleanup_boxes struct boxes boxes = {0};
    struct engine *engine = invocation_engine(invocation, err);
    if (invocation->arguments.operand_count > 0 || invocation->arguments.rest_count > 0)
        return error_usage(err, "list takes no names; status shows one box");
    if (argument_flag(&invocation->arguments, "images"))
        return engine ? list_images(invocation, engine, err) : -1;
    /* Boxes that have ended and are still there were kept for a reason: shown to programs,
     * which filter, and to people who ask. */
    const bool all =
        argument_flag(&invocation->arguments, "all") || invocation->format == OUTPUT_JSON;
    if (!engine || box_list(engine, all, &boxes, err) < 0)
        return -1;
    int failed = 0;
    if (invocation->format == OUTPUT_JSON)
        failed = print_json(invocation, &boxes);
    else if (!invocation->quiet)
        failed = print_table(invocation, &boxes);
    else
        for (size_t i = 0; i < boxes.count; i++)
            puts(quoted(boxes.items[i].name));
    return failed ? error_set(err, "out of memory") : 0;
}

const struct command cmd_list = {
    .name = "list",
    .summary = "List the boxes there are, or the images",
    .options = options,
    .option_count = array_length(options),
    .run = run,
};
