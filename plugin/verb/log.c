/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log: the snapshots of the audit trail. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "plugin/command.h"
#include "plugin/terminal/output.h"
#include "plugin/terminal/pager.h"
#include "plugin/trail.h"
#include "shared/cleanup.h"
#include "shared/parse.h"

enum { SHORT_ID = 10, COUNT_MAX = 1000000 };

static const struct option_spec options[] = {
    {'n', "count", "NUMBER", "at most so many of each project (100)", COMPLETES_NOTHING, NULL},
    {0, "box", "NAME", "of this box, not of the current folder", COMPLETES_BOX, NULL},
};

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

/* "3 files, 1 changed; 2 unreadable". */
static void describe(const json_t *snapshot, char *out, size_t size)
{
    const char *name;
    json_t *count;
    int used = snprintf(out, size, "%s", text_of(snapshot, "summary"));
    json_object_foreach(json_object_get(snapshot, "notes"), name, count)
    {
        if (used >= 0 && (size_t)used < size)
            used += snprintf(out + used, size - (size_t)used, "; %lld %s",
                             (long long)json_integer_value(count), name);
    }
    for (char *c = out; *c; c++)
        if (*c == '_')
            *c = ' ';
}

/* What ran: the agent, or the command that was given in its place. */
static char *who(const json_t *snapshot)
{
    json_t *words = json_loads(text_of(snapshot, "command"), 0, NULL);
    const char *word = json_string_value(json_array_get(words, 0));
    const char *slash = word ? strrchr(word, '/') : NULL;
    char *name = strdup(slash ? slash + 1 : word ? word : text_of(snapshot, "agent"));
    json_decref(words);
    return name;
}

static int print_table(const json_t *list, bool several, FILE *out)
{
    static const char *const headings[] = {"SNAPSHOT", "WHEN", "WHY",
                                           "AGENT",    "WHAT", "PROJECT"};
    cleanup_table struct table table = {.headings = headings, .columns = several ? 6 : 5};
    size_t i;
    const json_t *snapshot;
    int failed = 0;
    json_array_foreach(list, i, snapshot)
    {
        char id[SHORT_ID + 1], when[32] = "", what[256];
        struct tm tm;
        time_t time = (time_t)json_integer_value(json_object_get(snapshot, "time"));
        (void)snprintf(id, sizeof id, "%s", text_of(snapshot, "id"));
        if (localtime_r(&time, &tm))
            (void)strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
        cleanup_free char *agent = who(snapshot);
        describe(snapshot, what, sizeof what);
        failed |= table_add(&table, id) | table_add(&table, when) |
                  table_add(&table, text_of(snapshot, "kind")) |
                  table_add(&table, agent ? agent : "") | table_add(&table, what);
        if (several)
            failed |= table_add(&table, text_of(snapshot, "project"));
    }
    if (!failed)
        table_print(&table, out);
    return failed;
}

static int print(struct invocation *invocation, json_t *list, bool several)
{
    size_t i;
    const json_t *snapshot;
    if (invocation->format == OUTPUT_JSON)
        return output_json(json_incref(list), stdout);
    if (!invocation->quiet) {
        FILE *out = pager_open();
        int failed = print_table(list, several, out);
        pager_close(out);
        return failed;
    }
    json_array_foreach(list, i, snapshot)
    {
        if (puts(text_of(snapshot, "id")) < 0)
            return -1;
    }
    return 0;
}

static int run(struct invocation *invocation, struct error *err)
{
    const char *count = argument_value(&invocation->arguments, "count");
    const char *words[] = {"log", "--count", count ? count : "100", NULL};
    cleanup_trail struct trail trail = {0};
    uint64_t number;
    if (invocation->arguments.operand_count > 0 || invocation->arguments.rest_count > 0)
        return error_usage(err, "log takes no operands; --box NAME says which box");
    if (count && parse_number(count, 1, COUNT_MAX, &number) < 0)
        return error_usage(err, "--count: expected a number from 1 to %d", COUNT_MAX);
    if (trail_find(invocation, argument_value(&invocation->arguments, "box"), &trail, err) < 0)
        return -1;
    const struct trail_question question = {.words = words};
    json_t *list = trail_ask_json(&trail, &question, err);
    if (!list)
        return -1;
    int failed = print(invocation, list, json_array_size(trail.folders) > 1);
    json_decref(list);
    return failed ? error_set(err, "out of memory") : 0;
}

const struct command cmd_log = {
    .name = "log",
    .summary = "List the snapshots of the current folder's audit trail",
    .details =
        "The state of a project is recorded before a session (start), when the agent finishes\n"
        "a turn, every few minutes if something changed (interval), when you ask for it\n"
        "(asked), and at the end. A box that was killed gets its last one at the next start\n"
        "(killed). The agent cannot change or hide any of them.",
    .options = options,
    .option_count = array_length(options),
    .run = run,
};
