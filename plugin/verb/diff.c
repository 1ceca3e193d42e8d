/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diff: what changed between two snapshots. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "plugin/command.h"
#include "plugin/terminal/output.h"
#include "plugin/terminal/pager.h"
#include "plugin/trail.h"
#include "shared/log.h"

static const struct option_spec options[] = {
    {0, "stat", NULL, "a line for each file: how much changed", COMPLETES_NOTHING, NULL},
    {0, "box", "NAME", "of this box, not of the current folder", COMPLETES_BOX, NULL},
};

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

static long number_of(const json_t *json, const char *key)
{
    return (long)json_integer_value(json_object_get(json, key));
}

static int print_stat(const json_t *list, bool several)
{
    cleanup_table struct table table = {.columns = 3};
    size_t i;
    long added = 0, removed = 0;
    const json_t *one;
    int failed = 0;
    json_array_foreach(list, i, one)
    {
        char lines[64];
        cleanup_free char *path = NULL;
        if (asprintf(&path, "%s%s%s", several ? text_of(one, "project") : "",
                     several ? "/" : "", text_of(one, "path")) < 0)
            return -1;
        (void)snprintf(lines, sizeof lines, "+%ld -%ld", number_of(one, "insertions"),
                       number_of(one, "deletions"));
        added += number_of(one, "insertions");
        removed += number_of(one, "deletions");
        const bool binary = json_is_true(json_object_get(one, "binary"));
        failed |= table_add(&table, text_of(one, "status")) |
                  table_add(&table, binary ? "binary" : lines) | table_add(&table, path);
    }
    if (failed)
        return -1;
    FILE *out = pager_open();
    table_print(&table, out);
    if (json_array_size(list) > 0)
        (void)fprintf(out, "%zu file%s, %ld line%s added, %ld removed\n", json_array_size(list),
                      json_array_size(list) == 1 ? "" : "s", added, added == 1 ? "" : "s",
                      removed);
    pager_close(out);
    return 0;
}

static int print_names(const json_t *list)
{
    size_t i;
    const json_t *one;
    char name[4096];
    json_array_foreach(list, i, one)
    {
        const char *path = text_of(one, "path");
        if (puts(term_quote(name, sizeof name, path, strlen(path))) < 0)
            return -1;
    }
    return 0;
}

static int print_list(struct invocation *invocation, json_t *list, bool several)
{
    if (invocation->format == OUTPUT_JSON)
        return output_json(json_incref(list), stdout);
    return invocation->quiet ? print_names(list) : print_stat(list, several);
}

/* A program gets the bytes, a person what a terminal can bear. */
static int print_patch(const struct trail *trail, const struct trail_question *question,
                       struct error *err)
{
    cleanup_buf struct buf patch = BUF_INIT(0);
    if (trail_ask(trail, question, &patch, err) < 0)
        return -1;
    if (!isatty(STDOUT_FILENO))
        return fwrite(patch.data ? patch.data : "", 1, patch.length, stdout) == patch.length
                   ? 0
                   : error_errno(err, "cannot write the difference");
    FILE *out = pager_open();
    pager_text(out, patch.data ? patch.data : "", patch.length, true);
    pager_close(out);
    return 0;
}

/* Snapshots first, then paths; behind "--" paths only. */
static int add_operands(const struct arguments *arguments, const struct trail *trail,
                        struct strings *words, struct error *err)
{
    size_t snapshots = 0;
    while (snapshots < 2 && snapshots < arguments->operand_count &&
           trail_is_snapshot(arguments->operands[snapshots])) {
        if (strings_add(words, arguments->operands[snapshots++]) < 0)
            return error_set(err, "out of memory");
    }
    return trail_add_paths(trail->folders, arguments, snapshots, words, err);
}

static int run(struct invocation *invocation, struct error *err)
{
    const struct arguments *arguments = &invocation->arguments;
    cleanup_trail struct trail trail = {0};
    cleanup_with(strings_free) struct strings words = {0};
    const bool list = argument_flag(arguments, "stat") || invocation->quiet ||
                      invocation->format == OUTPUT_JSON;
    if (trail_find(invocation, argument_value(arguments, "box"), &trail, err) < 0)
        return -1;
    int failed = strings_add(&words, "diff");
    if (trail.box)
        failed |= strings_add(&words, "--fresh");
    if (list)
        failed |= strings_add(&words, invocation->quiet ? "--list" : "--stat");
    if (failed)
        return error_set(err, "out of memory");
    if (add_operands(arguments, &trail, &words, err) < 0)
        return -1;
    const struct trail_question question = {.words = (const char *const *)words.items};
    if (!list)
        return print_patch(&trail, &question, err);
    json_t *changes = trail_ask_json(&trail, &question, err);
    if (!changes)
        return -1;
    failed = print_list(invocation, changes, json_array_size(trail.folders) > 1);
    json_decref(changes);
    return failed ? error_set(err, "out of memory") : 0;
}

const struct command cmd_diff = {
    .name = "diff",
    .operands = "[SNAPSHOT [SNAPSHOT]] [PATH…]",
    .summary = "Show what changed since the session's start, or between snapshots",
    .details =
        "A SNAPSHOT is a line of `docker claudex log`: its id, or enough of its digits;\n"
        "or the word start (of the last session) or last. Without any, from the start\n"
        "to this moment. What .gitignore hid at the start is not recorded, unless\n"
        "`ignored = yes` in [git].",
    .options = options,
    .option_count = array_length(options),
    .completes = COMPLETES_FILE,
    .run = run,
};
