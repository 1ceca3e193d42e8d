/* SPDX-License-Identifier: GPL-2.0-or-later */
/* denied: what a box was refused, and the command that would allow it. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "plugin/control.h"
#include "plugin/policy/denial.h"
#include "plugin/policy/wide.h"
#include "plugin/terminal/follow.h"
#include "plugin/terminal/output.h"
#include "plugin/verbs.h"
#include "shared/cleanup.h"
#include "shared/log.h"

enum { SHOWN_MAX = 1024, TEXT_MAX = 1024 };

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

static json_int_t number_of(const json_t *json, const char *key)
{
    return json_integer_value(json_object_get(json, key));
}

/* The time alone where it was today. */
static void when(json_int_t seconds, char out[32])
{
    const time_t at = (time_t)seconds, now = time(NULL);
    struct tm then, today;
    out[0] = '\0';
    if (localtime_r(&at, &then) && localtime_r(&now, &today))
        (void)strftime(out, 32,
                       then.tm_yday == today.tm_yday && then.tm_year == today.tm_year
                           ? "%H:%M:%S"
                           : "%Y-%m-%d %H:%M",
                       &then);
}

static int add_row(struct table *table, const json_t *item, const char *program)
{
    char via[80], remedy[TEXT_MAX], count[24], first[32], last[32];
    (void)snprintf(count, sizeof count, "%lld", (long long)number_of(item, "count"));
    if (number_of(item, "count") == 0)
        *count = '\0';
    when(number_of(item, "first"), first);
    when(number_of(item, "last"), last);
    return table_add(table, text_of(item, "host")) |
           table_add(table, denial_via(item, via, sizeof via)) | table_add(table, count) |
           table_add(table, first) | table_add(table, last) |
           table_add(table, denial_remedy(item, program, remedy, sizeof remedy));
}

static int print_table(const struct invocation *invocation, const json_t *items)
{
    static const char *const headings[] = {"HOST",  "REFUSED", "TIMES",
                                           "FIRST", "LAST",    "TO ALLOW IT"};
    cleanup_table struct table table = {.headings = headings,
                                        .columns = array_length(headings)};
    size_t i;
    const json_t *item;
    int failed = 0;
    json_array_foreach(items, i, item) failed |= add_row(&table, item, invocation->program);
    if (!failed)
        table_print(&table, stdout);
    json_array_foreach(items, i, item)
    {
        char line[TEXT_MAX * 2];
        if (json_is_true(json_object_get(item, "asked")))
            info("%s", denial_line(item, invocation->program, line, sizeof line));
    }
    return failed;
}

/* With the command, for programs. */
static json_t *for_programs(const json_t *item, const char *program)
{
    char remedy[TEXT_MAX];
    json_t *copy = json_copy((json_t *)item);
    char wide[WIDE_TEXT_MAX];
    if (wide_pattern(text_of(item, "allow"), wide))
        (void)json_object_set_new(copy, "wide", json_string(wide));
    if (denial_has_command(item))
        (void)json_object_set_new(
            copy, "command", json_string(denial_remedy(item, program, remedy, sizeof remedy)));
    return copy;
}

static int print_line(void *context, const json_t *item)
{
    const struct invocation *invocation = context;
    char line[TEXT_MAX * 2], at[32];
    if (invocation->format == OUTPUT_JSON) {
        json_t *copy = for_programs(item, invocation->program);
        cleanup_free char *text = json_dumps(copy, JSON_ENSURE_ASCII | JSON_COMPACT);
        json_decref(copy);
        printf("%s\n", text ? text : "{}");
    } else if (invocation->quiet) {
        printf("%s\n", text_of(item, "host"));
    } else {
        when(number_of(item, "last"), at);
        printf("%s  %s\n", at, denial_line(item, invocation->program, line, sizeof line));
    }
    return fflush(stdout) == 0 ? 0 : -1;
}

static int show(struct invocation *invocation, const json_t *items)
{
    size_t i;
    const json_t *item;
    int failed = 0;
    if (argument_flag(&invocation->arguments, "follow") || invocation->quiet) {
        json_array_foreach(items, i, item) failed |= print_line(invocation, item);
        return failed;
    }
    if (invocation->format == OUTPUT_JSON) {
        json_t *all = json_array();
        json_array_foreach(items, i, item)(void)
            json_array_append_new(all, for_programs(item, invocation->program));
        return output_json(all, stdout);
    }
    if (json_array_size(items) == 0)
        info("nothing was refused");
    return json_array_size(items) ? print_table(invocation, items) : 0;
}

/* In some modes an `allow` does nothing; who is shown one shall know. */
static void tell_mode(struct invocation *invocation, const struct box *box)
{
    static const char *const notes[][2] = {
        {"lockdown",
         "the box is locked; before anything is allowed: docker claudex lockdown off"},
        {"sealed", "the box is sealed: nothing is allowed any more"},
        {"api",
         "nothing more can be allowed in the mode api: docker claudex network allowlist"},
    };
    struct error ignored = ERROR_INIT;
    struct control_request request = {.word = CONTROL_STATUS};
    struct control_reply reply = {.status = 0};
    if (control_ask(invocation, box, &request, &reply, &ignored) < 0)
        return;
    json_t *status = json_loads(reply.text, 0, NULL);
    for (size_t i = 0; i < array_length(notes); i++)
        if (strcmp(text_of(status, "mode"), notes[i][0]) == 0)
            info("%s", notes[i][1]);
    json_decref(status);
}

static int run(struct invocation *invocation, struct error *err)
{
    const char *name;
    size_t total;
    cleanup_box struct box box = {0};
    if (verb_name(invocation, &name, err) < 0 || control_find(invocation, name, &box, err) < 0)
        return -1;
    json_t *items = control_pages(invocation, &box, CONTROL_DENIED, SHOWN_MAX, &total, err);
    if (!items)
        return -1;
    int failed = show(invocation, items);
    if (json_array_size(items) > 0 && invocation->format != OUTPUT_JSON && !invocation->quiet)
        tell_mode(invocation, &box);
    json_decref(items);
    if (failed)
        return error_set(err, "cannot write what was refused");
    if (!argument_flag(&invocation->arguments, "follow"))
        return 0;
    struct follow follow = {
        .bytes = BUF_INIT(FOLLOW_LINE_MAX), .each = print_line, .context = invocation};
    failed = follow_box(invocation, &box, &follow, err);
    buf_free(&follow.bytes);
    return failed;
}

static const struct option_spec options[] = {
    {'f', "follow", NULL, "go on with what is refused from now on", COMPLETES_NOTHING, NULL},
};

const struct command cmd_denied = {
    .name = "denied",
    .operands = "[NAME]",
    .summary = "Show what a box was refused, and the command that would allow it",
    .details =
        "Each host once: what was refused (a lookup, a name in TLS or HTTP, a port, UDP),\n"
        "how often, when first and last; and what the agent asks for. What was allowed\n"
        "since is left out. A box knows this only while it runs.",
    .options = options,
    .option_count = array_length(options),
    .completes = COMPLETES_BOX,
    .run = run,
};
