/* SPDX-License-Identifier: GPL-2.0-or-later */
/* restore: a project, or some of it, as it was in a snapshot. */
#include <stdio.h>
#include <string.h>

#include "plugin/command.h"
#include "plugin/terminal/confirm.h"
#include "plugin/terminal/output.h"
#include "plugin/trail.h"
#include "shared/log.h"

enum { SHOWN = 40, SHORT_ID = 10 };

static const struct option_spec options[] = {
    {0, "to", "SNAPSHOT", "as it was then, not at the start of the last session",
     COMPLETES_NOTHING, NULL},
    {0, "box", "NAME", "in this box, not in the one of the current folder", COMPLETES_BOX,
     NULL},
    {'y', "yes", NULL, "do not ask", COMPLETES_NOTHING, NULL},
    {0, "dry-run", NULL, "only show what would be done", COMPLETES_NOTHING, NULL},
};

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

/* In the words of what will happen. */
static const char *verb_of(const json_t *change)
{
    const char *status = text_of(change, "status");
    return strcmp(status, "deleted") == 0 ? "remove"
           : strcmp(status, "added") == 0 ? "bring back"
                                          : "change back";
}

static void show_plan(const json_t *plan, bool several)
{
    const json_t *changes = json_object_get(plan, "changes"), *change;
    size_t i;
    json_array_foreach(changes, i, change)
    {
        if (i == SHOWN) {
            info("  and %zu more", json_array_size(changes) - i);
            break;
        }
        info("  %-11s %s%s%s", verb_of(change),
             several ? quoted(text_of(change, "project")) : "", several ? "/" : "",
             quoted(text_of(change, "path")));
    }
}

static int show_failures(const json_t *answer, struct error *err)
{
    const json_t *failures = json_object_get(answer, "failures"), *failure;
    size_t i;
    json_array_foreach(failures, i, failure)
    {
        warn("%s: %s", quoted(text_of(failure, "path")), quoted(text_of(failure, "why")));
    }
    return json_array_size(failures) == 0
               ? 0
               : error_set(err, "%zu of %zu files could not be restored",
                           json_array_size(failures),
                           json_array_size(json_object_get(answer, "changes")));
}

/* restore [--fresh] [--apply] [--to SNAPSHOT] -- PATH… */
static int words_of(const struct arguments *arguments, const struct trail *trail, bool apply,
                    struct strings *words, struct error *err)
{
    const char *to = argument_value(arguments, "to");
    int failed = strings_add(words, "restore");
    if (trail->box)
        failed |= strings_add(words, "--fresh");
    if (apply)
        failed |= strings_add(words, "--apply");
    if (to)
        failed |= strings_add(words, "--to") | strings_add(words, to);
    return failed ? error_set(err, "out of memory")
                  : trail_add_paths(trail->folders, arguments, 0, words, err);
}

static json_t *ask(const struct arguments *arguments, const struct trail *trail, bool apply,
                   struct error *err)
{
    cleanup_with(strings_free) struct strings words = {0};
    if (words_of(arguments, trail, apply, &words, err) < 0)
        return NULL;
    const struct trail_question question = {
        .words = (const char *const *)words.items, .projects = true, .writes = apply};
    return trail_ask_json(trail, &question, err);
}

/* 1: go on. */
static int agree(const struct arguments *arguments, const json_t *plan, bool several,
                 struct error *err)
{
    char question[128];
    const size_t count = json_array_size(json_object_get(plan, "changes"));
    if (count == 0) {
        info("nothing to restore: it is as it was in %.*s", SHORT_ID, text_of(plan, "to"));
        return 0;
    }
    info("to go back to %.*s:", SHORT_ID, text_of(plan, "to"));
    show_plan(plan, several);
    if (argument_flag(arguments, "dry-run"))
        return 0;
    if (argument_flag(arguments, "yes"))
        return 1;
    (void)snprintf(question, sizeof question, "restore %zu file%s?", count,
                   count == 1 ? "" : "s");
    return confirm(question, "--yes", err);
}

static int run(struct invocation *invocation, struct error *err)
{
    const struct arguments *arguments = &invocation->arguments;
    cleanup_trail struct trail trail = {0};
    const char *to = argument_value(arguments, "to");
    if (to && !trail_is_snapshot(to))
        return error_usage(err, "--to %s: expected a snapshot of `docker claudex log`",
                           quoted(to));
    if (trail_find(invocation, argument_value(arguments, "box"), &trail, err) < 0)
        return -1;
    json_t *plan = ask(arguments, &trail, false, err);
    if (!plan)
        return -1;
    int result = agree(arguments, plan, json_array_size(trail.folders) > 1, err);
    if (result <= 0) {
        if (result == 0 && invocation->format == OUTPUT_JSON)
            (void)output_json(json_incref(plan), stdout);
        json_decref(plan);
        return result;
    }
    json_decref(plan);
    json_t *answer = ask(arguments, &trail, true, err);
    if (!answer)
        return -1;
    if (invocation->format == OUTPUT_JSON)
        (void)output_json(json_incref(answer), stdout);
    if (json_array_size(json_object_get(answer, "failures")) <
        json_array_size(json_object_get(answer, "changes")))
        info("restored; to undo that: docker claudex restore --to %.*s", SHORT_ID,
             text_of(answer, "from"));
    result = show_failures(answer, err);
    json_decref(answer);
    return result;
}

const struct command cmd_restore = {
    .name = "restore",
    .operands = "[PATH…]",
    .summary = "Bring back what was there before the session, or in a snapshot",
    .details =
        "Shows what it will do and asks. The state that it replaces is recorded first, so\n"
        "that this can be undone, too. Files that were too large to be kept are named.",
    .options = options,
    .option_count = array_length(options),
    .completes = COMPLETES_FILE,
    .run = run,
};
