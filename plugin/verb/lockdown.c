/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lockdown: nothing new leaves a box or comes in. */
#include <string.h>

#include "plugin/control.h"
#include "shared/cleanup.h"

static const struct option_spec options[] = {
    {0, "all", NULL, "every box that runs", COMPLETES_NOTHING, NULL},
    {0, "sever", NULL, "also cut what is connected", COMPLETES_NOTHING, NULL},
};

static const struct {
    const char *word;
    enum control_word request;
} words[] = {
    {"on", CONTROL_LOCKDOWN_ON}, {"off", CONTROL_LOCKDOWN_OFF}, {"status", CONTROL_STATUS}};

/* The first operand where it is one of the words, else the toggle. */
static enum control_word wanted(const struct arguments *arguments, size_t *used)
{
    for (size_t i = 0; arguments->operand_count > 0 && i < array_length(words); i++) {
        if (strcmp(arguments->operands[0], words[i].word) == 0) {
            *used = 1;
            return words[i].request;
        }
    }
    *used = 0;
    return CONTROL_TOGGLE;
}

static int run(struct invocation *invocation, struct error *err)
{
    const struct arguments *arguments = &invocation->arguments;
    size_t used;
    enum control_word word = wanted(arguments, &used);
    struct control_round round = {
        .names = arguments->operands + used,
        .count = arguments->operand_count - used,
        .all = argument_flag(arguments, "all"),
        .lists = true,
    };
    if (arguments->rest_count > 0)
        return error_usage(err, "names of boxes, and no command");
    if (round.all && round.count > 0)
        return error_usage(err, "--all or names, one or the other");
    if (argument_flag(arguments, "sever")) {
        if (word == CONTROL_LOCKDOWN_OFF || word == CONTROL_STATUS)
            return error_usage(err, "--sever goes with lockdown on");
        word = CONTROL_SEVER;
    }
    /* Some would be locked by it and others freed. */
    if (round.all && word == CONTROL_TOGGLE)
        return error_usage(err, "--all: say on, off or status");
    round.request = (struct control_request){.word = word, .mode = NETWORK_LOCKDOWN};
    return control_round(invocation, &round, err);
}

const struct command cmd_lockdown = {
    .name = "lockdown",
    .operands = "[on|off|status] [NAME…]",
    .summary = "Let nothing new leave a box or come in, or end that",
    .details =
        "Without a word, lockdown is switched: on where it is off, off where it is on.\n"
        "What is connected stays so, unless it is cut with --sever. The mode outlives\n"
        "the box: a new one of the same name starts locked. `off` leads back to the mode\n"
        "before.",
    .options = options,
    .option_count = array_length(options),
    .completes = COMPLETES_BOX,
    .words = "on off status",
    .run = run,
};
