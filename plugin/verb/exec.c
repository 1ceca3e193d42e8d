/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec: a command in a running box, confined like its agent. */
#include <string.h>

#include "plugin/exec.h"
#include "plugin/session/environment.h"
#include "plugin/verbs.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

static const struct option_spec options[] = {
    {'e', "env", "NAME[=VALUE]", "set a variable, or forward the host's", COMPLETES_NOTHING,
     NULL},
    {'w', "workdir", "DIR", "start in another folder of the box", COMPLETES_NOTHING, NULL},
    {0, "detach-keys", "KEYS", "keys that leave the command running (ctrl-p,ctrl-q)",
     COMPLETES_NOTHING, NULL},
};

static const char *host_variable(const char *name)
{
    return getenv(name);
}

/* NAME COMMAND…, NAME -- COMMAND…, or -- COMMAND… */
static int split(const struct arguments *arguments, const char **name, char ***command,
                 struct error *err)
{
    *name = arguments->operand_count > 0 ? arguments->operands[0] : NULL;
    if (arguments->rest_count > 0 && arguments->operand_count <= 1) {
        *command = arguments->rest;
        return 0;
    }
    if (arguments->rest_count == 0 && arguments->operand_count >= 2) {
        *command = arguments->operands + 1;
        return 0;
    }
    return error_usage(err, "exec wants a command: NAME COMMAND, or -- COMMAND in the box of "
                            "the current folder");
}

static int run(struct invocation *invocation, struct error *err)
{
    const struct arguments *arguments = &invocation->arguments;
    cleanup_with(strings_free) struct strings environment = {0}, command = {0};
    cleanup_box struct box box = {0};
    const char *name;
    char **words = NULL;
    if (split(arguments, &name, &words, err) < 0)
        return -1;
    for (size_t i = 0; i < arguments->given_count; i++)
        if (strcmp(arguments->given[i].spec->name, "env") == 0 &&
            environment_add(&environment, arguments->given[i].value, host_variable, err) < 0) {
            err->status = EXIT_USAGE;
            return -1;
        }
    /* Operands are not NULL-ended. */
    const size_t count =
        arguments->rest_count ? arguments->rest_count : arguments->operand_count - 1;
    for (size_t i = 0; words && i < count; i++)
        if (strings_add(&command, words[i]) < 0)
            return error_set(err, "out of memory");
    if (verb_box(invocation, name, true, &box, err) < 0)
        return -1;
    const struct exec exec = {
        .engine = invocation->engine,
        .box = box.id,
        .name = box.name,
        .asks = *box_label(&box, LABEL_SSH) != '\0',
        .command = (const char *const *)command.items,
        .environment = &environment,
        .workdir = argument_value(arguments, "workdir"),
        .local = endpoint_is_local(&invocation->endpoint),
    };
    return exec_attached(&exec, argument_value(arguments, "detach-keys"), err);
}

const struct command cmd_exec = {
    .name = "exec",
    .operands = "[NAME] [--] COMMAND [ARG…]",
    .summary = "Run a command in a running box, confined like its agent",
    .options = options,
    .option_count = array_length(options),
    .completes = COMPLETES_BOX,
    .stops_at_operand = true,
    .run = run,
};
