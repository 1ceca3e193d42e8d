/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trust: what projects' files ask for, agreed to beforehand, listed, taken back. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin/command.h"
#include "plugin/config/project_view.h"
#include "plugin/config/trust.h"
#include "plugin/terminal/output.h"
#include "shared/cleanup.h"
#include "shared/log.h"

static const struct option_spec options[] = {
    {0, "list", NULL, "what was agreed to, of all projects", COMPLETES_NOTHING, NULL},
    {0, "revoke", NULL, "take it back", COMPLETES_NOTHING, NULL},
    {'y', "yes", NULL, "agree without being asked", COMPLETES_NOTHING, NULL},
};

/* --- list ----------------------------------------------------------------------------- */

static int print_json(const struct approvals *approvals)
{
    json_t *list = json_array();
    int failed = list ? 0 : -1;
    for (size_t i = 0; !failed && i < approvals->count; i++) {
        const struct approval *approval = &approvals->items[i];
        json_t *lines = json_array();
        for (size_t k = 0; k < approval->lines.count; k++)
            failed |= json_array_append_new(lines, json_string(approval->lines.items[k]));
        failed |= json_array_append_new(
            list, json_pack("{s:s, s:I, s:o}", "folder", approval->folder, "agreed",
                            (json_int_t)approval->when, "lines", lines));
    }
    if (failed) {
        json_decref(list);
        return -1;
    }
    return output_json(list, stdout);
}

static int print_table(const struct approvals *approvals)
{
    static const char *const headings[] = {"PROJECT", "AGREED", "TO"};
    cleanup_table struct table table = {.headings = headings,
                                        .columns = array_length(headings)};
    int failed = 0;
    for (size_t i = 0; i < approvals->count; i++) {
        const struct approval *approval = &approvals->items[i];
        char age[32], ago[48];
        output_age((long)(time(NULL) - approval->when), age, sizeof age);
        (void)snprintf(ago, sizeof ago, "%s ago", age);
        for (size_t k = 0; k < approval->lines.count; k++)
            failed |= table_add(&table, k ? "" : approval->folder) |
                      table_add(&table, k ? "" : ago) |
                      table_add(&table, approval->lines.items[k]);
    }
    if (!failed)
        table_print(&table, stdout);
    return failed;
}

static int list(const struct invocation *invocation, struct error *err)
{
    cleanup_approvals struct approvals approvals = {NULL, 0};
    int failed = 0;
    if (invocation->arguments.operand_count > 0)
        return error_usage(err, "--list takes no DIR; it shows all");
    if (trust_list(&approvals, err) < 0)
        return -1;
    if (invocation->format == OUTPUT_JSON)
        failed = print_json(&approvals);
    else if (!invocation->quiet)
        failed = print_table(&approvals);
    else
        for (size_t i = 0; i < approvals.count; i++)
            puts(quoted(approvals.items[i].folder));
    return failed ? error_set(err, "out of memory") : 0;
}

/* --- revoke --------------------------------------------------------------------------- */

/* Also of a folder that is gone: then by its name as --list shows it. */
static int revoke_one(const char *dir, struct error *err)
{
    cleanup_free char *real = realpath(dir, NULL);
    const char *folder = real ? real : dir;
    int found = trust_forget(folder, err);
    if (found < 0)
        return -1;
    info(found ? "%s: what was agreed to is forgotten; boxes that run go on"
               : "%s: nothing was agreed to",
         quoted(folder));
    return 0;
}

static int take_back(const struct arguments *arguments, struct error *err)
{
    if (arguments->operand_count == 0)
        return revoke_one(".", err);
    for (size_t i = 0; i < arguments->operand_count; i++)
        if (revoke_one(arguments->operands[i], err) < 0)
            return -1;
    return 0;
}

/* --- agree ---------------------------------------------------------------------------- */

static int agree_one(const struct trust_request *request, const struct project_file *file,
                     enum trust_answer answer, struct error *err)
{
    cleanup_approval struct approval before = {.folder = NULL};
    int found = trust_find(request->folder, &before, err);
    if (found < 0)
        return -1;
    if (request->lines.count == 0) {
        info(file->name ? "%s asks for nothing that needs your consent"
                        : "%s has no .claudex; there is nothing to agree to",
             quoted(request->file));
        return trust_forget(request->folder, err) < 0 ? -1 : 0;
    }
    if (found && trust_covers(&before, request)) {
        info("%s: you have agreed to what it asks for", quoted(request->file));
        return 0;
    }
    return trust_settle(request, answer, err);
}

static int agree(const struct invocation *invocation, struct error *err)
{
    const struct arguments *arguments = &invocation->arguments;
    /* Who runs this where nobody can be asked means yes. */
    const bool ask =
        !argument_flag(arguments, "yes") && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
    cleanup_project_view struct project_view view = {.requests = NULL};
    if (project_view_open(&view, arguments, err) < 0)
        return -1;
    for (size_t i = 0; i < view.projects.count; i++)
        if (agree_one(&view.requests[i], &view.files.items[i], ask ? TRUST_ASK : TRUST_AGREED,
                      err) < 0)
            return -1;
    return 0;
}

static int run(struct invocation *invocation, struct error *err)
{
    const struct arguments *arguments = &invocation->arguments;
    if (arguments->rest_count > 0)
        return error_usage(err, "folders of projects, and no command");
    if (argument_flag(arguments, "list") && argument_flag(arguments, "revoke"))
        return error_usage(err, "--list and --revoke: one or the other");
    if (argument_flag(arguments, "list"))
        return list(invocation, err);
    return argument_flag(arguments, "revoke") ? take_back(arguments, err)
                                              : agree(invocation, err);
}

const struct command cmd_trust = {
    .name = "trust",
    .operands = "[DIR…]",
    .summary = "Agree to what a project's .claudex asks for, or take that back",
    .details =
        "A project's file may tighten its box; what would widen it counts once you have seen\n"
        "exactly those lines and agreed. `run` asks on a terminal; this says so beforehand, and\n"
        "without a terminal it means yes. You are asked again when the lines change.",
    .options = options,
    .option_count = array_length(options),
    .completes = COMPLETES_FOLDER,
    .run = run,
};
