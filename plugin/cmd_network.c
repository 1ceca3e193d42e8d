/* SPDX-License-Identifier: GPL-2.0-or-later */
/* network: the mode of a running box. */
#include "plugin/control.h"
#include "shared/cleanup.h"
#include "shared/log.h"

static int run(struct invocation *invocation, struct error *err)
{
    const struct arguments *arguments = &invocation->arguments;
    const size_t count = arguments->operand_count;
    enum network_mode mode = NETWORK_LOCKDOWN;
    const bool set = count > 0 && network_mode_parse(arguments->operands[0], &mode) == 0;
    if (arguments->rest_count > 0 || count > 2)
        return error_usage(err, "a MODE, or none to see it, and one NAME at most");
    if (count == 2 && !set)
        return error_usage(err, "%s: expected open, allowlist, api, lockdown or sealed",
                           quoted(arguments->operands[0]));
    const struct control_round round = {
        .request = {.word = set ? CONTROL_MODE : CONTROL_STATUS, .mode = mode},
        .names = arguments->operands + (set ? 1 : 0),
        .count = count - (set ? 1 : 0),
    };
    if (control_round(invocation, &round, err) < 0)
        return -1;
    if (set && mode == NETWORK_SEALED)
        warn("sealed for good: nothing in this box can lift that, and a new one of its name "
             "starts sealed; `docker claudex rm` forgets it");
    else if (set && mode == NETWORK_OPEN)
        warn("open: everything in the box can be sent anywhere");
    return 0;
}

const struct command cmd_network = {
    .name = "network",
    .operands = "[MODE] [NAME]",
    .summary = "Show or set what a running box may reach",
    .details =
        "open       everything\n"
        "allowlist  the hosts of the configuration\n"
        "api        the agents' own services\n"
        "lockdown   nothing new, see lockdown\n"
        "sealed     lockdown that nothing in the box can lift, and that a new box of the\n"
        "           same name keeps, until `rm`",
    .completes = COMPLETES_BOX,
    .words = "open allowlist api lockdown sealed",
    .run = run,
};
