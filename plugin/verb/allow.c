/* SPDX-License-Identifier: GPL-2.0-or-later */
/* allow, deny: which hosts a running box may reach, from now on or for a while. */
#include <string.h>

#include "plugin/config/edit.h"
#include "plugin/control.h"
#include "plugin/policy/host_argument.h"
#include "plugin/policy/wide.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

static const struct option_spec options[] = {
    {0, "for", "DURATION", "only so long: 90s, 10m, 2h, 1d", COMPLETES_NOTHING, NULL},
    {0, "all", NULL, "every box that runs", COMPLETES_NOTHING, NULL},
    {0, "save", NULL, "for other boxes, too: into your configuration", COMPLETES_NOTHING, NULL},
    {0, "project", NULL, "with --save: into the project's .claudex instead", COMPLETES_NOTHING,
     NULL},
    {0, "undo", NULL, "take back what allow or deny said of the host", COMPLETES_NOTHING, NULL},
};

static int ask(struct invocation *invocation, const struct control_round *round,
               struct error *err)
{
    struct control_round asked = *round;
    const struct control_request *request = &round->request;
    asked.about = json_pack("{s:s, s:s}", "host", request->pattern, "action",
                            request->word == CONTROL_ALLOW  ? "allow"
                            : request->word == CONTROL_DENY ? "deny"
                                                            : "undo");
    if (request->number > 0)
        (void)json_object_set_new(asked.about, "seconds",
                                  json_integer((json_int_t)request->number));
    int failed = control_round(invocation, &asked, err);
    json_decref(asked.about);
    return failed;
}

static int check_options(const struct arguments *arguments, struct error *err)
{
    static const char *const pairs[][3] = {
        {"undo", "for", "--undo is for good; --for goes with allow and deny"},
        {"save", "for", "what is saved is for good; --for ends by itself"},
        {"save", "undo", "take the line out of the file again by hand"},
    };
    for (size_t i = 0; i < array_length(pairs); i++)
        if (argument_value(arguments, pairs[i][0]) && argument_value(arguments, pairs[i][1]))
            return error_usage(err, "--%s and --%s: %s", pairs[i][0], pairs[i][1], pairs[i][2]);
    if (argument_flag(arguments, "project") && !argument_flag(arguments, "save"))
        return error_usage(err, "--project goes with --save");
    return 0;
}

/* Of another folder's box, were it the only one that runs, nobody spoke. */
static bool is_here(const struct box *box)
{
    cleanup_free char *here = realpath(".", NULL);
    json_t *folders = json_loads(box_label(box, LABEL_FOLDERS), 0, NULL);
    const json_t *folder;
    size_t i;
    bool found = false;
    json_array_foreach(folders, i, folder)
    {
        const char *path = json_string_value(folder);
        found = found || (here && path && strcmp(here, path) == 0);
    }
    json_decref(folders);
    return found;
}

/* The file first: it is what is asked for. A box that runs need not be there. */
static int save(struct invocation *invocation, const struct control_round *round,
                const char *verb, struct error *err)
{
    struct error none = ERROR_INIT;
    const enum config_place place =
        argument_flag(&invocation->arguments, "project") ? PLACE_PROJECT : PLACE_USER;
    if (config_edit_save(place, ".", verb, round->request.pattern, err) < 0)
        return -1;
    if (round->all || round->count > 0)
        return ask(invocation, round, err);
    cleanup_box struct box box = {0};
    if (control_find(invocation, NULL, &box, &none) == 0 && is_here(&box))
        return ask(invocation, round, err);
    info("no box was changed; it is so in the next one");
    return 0;
}

static int change(struct invocation *invocation, enum control_word word, const char *verb,
                  struct error *err)
{
    const struct arguments *arguments = &invocation->arguments;
    const char *how_long = argument_value(arguments, "for");
    char command[64], host[HOST_ARGUMENT_MAX], second[HOST_ARGUMENT_MAX], wide[WIDE_TEXT_MAX];
    struct control_round round = {.request = {.word = word, .mode = NETWORK_LOCKDOWN},
                                  .names = arguments->operands + 1,
                                  .all = argument_flag(arguments, "all")};
    (void)snprintf(command, sizeof command, "%s %s", invocation->program, verb);
    if (arguments->operand_count == 0 || arguments->rest_count > 0)
        return error_usage(err, "which HOST? for example: %s api.example.com", command);
    round.count = arguments->operand_count - 1;
    if (round.all && round.count > 0)
        return error_usage(err, "--all or names, one or the other");
    if (host_argument(arguments->operands[0], command, host, err) < 0 ||
        (how_long && duration_argument(how_long, &round.request.number, err) < 0))
        return -1;
    for (size_t i = 0; i < round.count; i++)
        if (strchr(round.names[i], '.') &&
            host_argument(round.names[i], command, second, err) == 0)
            return error_usage(err,
                               "one HOST at a time, then names of boxes; '%s' looks like "
                               "a second host",
                               quoted(round.names[i]));
    if (check_options(arguments, err) < 0)
        return -1;
    (void)snprintf(round.request.pattern, sizeof round.request.pattern, "%s", host);
    if (word == CONTROL_ALLOW && wide_pattern(host, wide) && !argument_flag(arguments, "undo"))
        warn("%s is wide: %s; to take it back: %s allow --undo '%s'", host, wide,
             invocation->program, host);
    if (strcmp(host, arguments->operands[0]) != 0)
        info("%s is %s", quoted(arguments->operands[0]), host);
    if (argument_flag(arguments, "undo"))
        round.request.word = CONTROL_FORGET;
    if (argument_flag(arguments, "save"))
        return save(invocation, &round, verb, err);
    return ask(invocation, &round, err);
}

static int run_allow(struct invocation *invocation, struct error *err)
{
    return change(invocation, CONTROL_ALLOW, "allow", err);
}

static int run_deny(struct invocation *invocation, struct error *err)
{
    return change(invocation, CONTROL_DENY, "deny", err);
}

const struct command cmd_allow = {
    .name = "allow",
    .operands = "HOST[:PORT] [NAME…]",
    .summary = "Let a running box reach a host, for good or for a while",
    .details =
        "HOST is a name, *.name for all below it, an address or a network. Without a\n"
        "port, 443 and 80 are meant. It takes effect at once, nothing is restarted and no\n"
        "connection drops. What is allowed outlives restarts, with the time that is left;\n"
        "`network` lists it. A host that the configuration denies stays denied. --save also\n"
        "puts it into your configuration, or into the file of the project in the current\n"
        "folder, where what you allow there counts as agreed to.",
    .options = options,
    .option_count = array_length(options),
    .completes = COMPLETES_BOX,
    .run = run_allow,
};

const struct command cmd_deny = {
    .name = "deny",
    .operands = "HOST[:PORT] [NAME…]",
    .summary = "Keep a running box from a host, and cut what it has open there",
    .details = "HOST as for `allow`; without a port, all ports. A deny wins over every allow.",
    .options = options,
    .option_count = array_length(options),
    .completes = COMPLETES_BOX,
    .run = run_deny,
};
