/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shell: a shell in a running box, confined like its agent. */
#include "plugin/exec.h"
#include "plugin/verbs.h"
#include "shared/cleanup.h"
#include "shared/names.h"

static const struct option_spec options[] = {
    {'w', "workdir", "DIR", "start in another folder of the box", COMPLETES_NOTHING, NULL},
    {0, "detach-keys", "KEYS", "keys that leave the shell running (ctrl-p,ctrl-q)",
     COMPLETES_NOTHING, NULL},
};

static int run(struct invocation *invocation, struct error *err)
{
    static const char *const nothing[] = {NULL};
    const char *name;
    cleanup_box struct box box = {0};
    if (verb_name(invocation, &name, err) < 0 ||
        verb_box(invocation, name, true, &box, err) < 0)
        return -1;
    const struct exec exec = {
        .engine = invocation->engine,
        .box = box.id,
        .name = box.name,
        .asks = *box_label(&box, LABEL_SSH) != '\0',
        .command = nothing,
        .workdir = argument_value(&invocation->arguments, "workdir"),
        .local = endpoint_is_local(&invocation->endpoint),
    };
    return exec_attached(&exec, argument_value(&invocation->arguments, "detach-keys"), err);
}

const struct command cmd_shell = {
    .name = "shell",
    .operands = "[NAME]",
    .summary = "Open a shell in a running box, confined like its agent",
    .options = options,
    .option_count = array_length(options),
    .completes = COMPLETES_BOX,
    .run = run,
};
