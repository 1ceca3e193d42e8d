/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skills: what the agents of a project can do beyond what they know. */
#include <stdio.h>
#include <string.h>

#include "plugin/command.h"
#include "shared/cleanup.h"
#include "shared/names.h"

/* As an option of `run`. */
static void give(struct given *given, size_t *count, const char *name, const char *value)
{
    for (size_t i = 0; i < cmd_run.option_count; i++)
        if (strcmp(cmd_run.options[i].name, name) == 0)
            given[(*count)++] = (struct given){.spec = &cmd_run.options[i], .value = value};
}

/* Only a box has them: the one that runs on the folder, or one of a moment. */
static int skills(struct invocation *invocation, struct error *err)
{
    static char *table[] = {"claudex-init", "--skills", NULL},
                *json[] = {"claudex-init", "--skills", "json", NULL};
    const struct arguments asked = invocation->arguments;
    const bool as_json = invocation->format == OUTPUT_JSON;
    struct given given[4];
    size_t count = 0, used = 0;
    bool update = false;
    if (asked.operand_count > 0 && strcmp(asked.operands[0], "update") == 0)
        update = true;
    used = update || (asked.operand_count > 0 && strcmp(asked.operands[0], "list") == 0);
    if (asked.operand_count > used + 1 || asked.rest_count > 0)
        return error_usage(err, "list or update, and one folder or none");
    if (update) {
        give(given, &count, "parallel", NULL);
        give(given, &count, "no-git", NULL);
        give(given, &count, "env", ENV_SKILLS "=update");
    }
    invocation->arguments = (struct arguments){
        .specs = cmd_run.options,
        .spec_count = cmd_run.option_count,
        .given = given,
        .given_count = count,
        .operands = asked.operands + used,
        .operand_count = asked.operand_count - used,
        .rest = as_json ? json : table,
        .rest_count = (as_json ? array_length(json) : array_length(table)) - 1,
    };
    int status = cmd_run.run(invocation, err);
    invocation->arguments = asked;
    return status;
}

const struct command cmd_skills = {
    .name = "skills",
    .operands = "[list|update] [DIR]",
    .summary = "The skills of a project's agents: what is installed, from where",
    .details =
        "Name, commit and source of each, as the box of the folder has them; without a box, one\n"
        "is made for the moment. update: fetches those from git whose branch or tag has moved,\n"
        "for boxes to come; those that run keep what they have.",
    .completes = COMPLETES_FOLDER,
    .words = "list update",
    .run = skills,
};
