/* SPDX-License-Identifier: GPL-2.0-or-later */
/* network: the mode of a running box, and what was allowed and denied in it by hand. */
#include <string.h>

#include "plugin/control.h"
#include "plugin/terminal/output.h"
#include "shared/cleanup.h"
#include "shared/log.h"

enum { GRANTS_SHOWN_MAX = 4096 };

static int set(struct invocation *invocation, enum network_mode mode, struct error *err)
{
    const struct arguments *arguments = &invocation->arguments;
    const struct control_round round = {
        .request = {.word = CONTROL_MODE, .mode = mode},
        .names = arguments->operands + 1,
        .count = arguments->operand_count - 1,
    };
    if (control_round(invocation, &round, err) < 0)
        return -1;
    if (mode == NETWORK_SEALED)
        warn("sealed for good: nothing in this box can lift that, and a new one of its name "
             "starts sealed; `docker claudex rm` forgets it");
    else if (mode == NETWORK_OPEN)
        warn("open: everything in the box can be sent anywhere");
    return 0;
}

/* --- seeing ------------------------------------------------------------------------------- */

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

static int print_grants(const json_t *grants)
{
    cleanup_table struct table table = {.columns = 3};
    size_t i;
    const json_t *grant;
    int failed = 0;
    json_array_foreach(grants, i, grant)
    {
        char left[48] = "", age[32];
        json_int_t seconds = json_integer_value(json_object_get(grant, "left"));
        output_age((long)seconds, age, sizeof age);
        if (seconds > 0)
            (void)snprintf(left, sizeof left, "%s left", age);
        failed |= table_add(&table, text_of(grant, "action")) |
                  table_add(&table, text_of(grant, "pattern")) | table_add(&table, left);
    }
    if (!failed)
        table_print(&table, stdout);
    return failed;
}

static int show(struct invocation *invocation, const char *name, struct error *err)
{
    cleanup_box struct box box = {0};
    struct control_request request = {.word = CONTROL_STATUS};
    struct control_reply reply = {.status = 0};
    size_t total;
    if (control_find(invocation, name, &box, err) < 0 ||
        control_ask(invocation, &box, &request, &reply, err) < 0)
        return -1;
    json_t *grants =
        control_pages(invocation, &box, CONTROL_GRANTS, GRANTS_SHOWN_MAX, &total, err);
    json_t *answer = grants ? control_answer(box.name, &reply) : NULL;
    int failed = answer ? 0 : -1;
    if (answer && invocation->format == OUTPUT_JSON) {
        (void)json_object_set(answer, "grants", grants);
        failed = output_json(json_pack("[o]", json_incref(answer)), stdout);
    } else if (answer) {
        control_print(invocation, answer);
        if (!invocation->quiet && json_array_size(grants) > 0)
            failed = print_grants(grants);
    }
    json_decref(grants);
    json_decref(answer);
    return failed && !*err->text ? error_set(err, "out of memory") : failed;
}

static int run(struct invocation *invocation, struct error *err)
{
    const struct arguments *arguments = &invocation->arguments;
    const size_t count = arguments->operand_count;
    enum network_mode mode = NETWORK_LOCKDOWN;
    const bool sets = count > 0 && network_mode_parse(arguments->operands[0], &mode) == 0;
    if (arguments->rest_count > 0 || count > 2)
        return error_usage(err, "a MODE, or none to see it, and one NAME at most");
    if (count == 2 && !sets)
        return error_usage(err, "%s: expected open, allowlist, api, lockdown or sealed",
                           quoted(arguments->operands[0]));
    if (sets)
        return set(invocation, mode, err);
    return show(invocation, count ? arguments->operands[0] : NULL, err);
}

const struct command cmd_network = {
    .name = "network",
    .operands = "[MODE] [NAME]",
    .summary = "Show or set what a running box may reach",
    .details =
        "open       everything\n"
        "allowlist  the hosts of the configuration, and those of `allow`\n"
        "api        the agents' own services\n"
        "lockdown   nothing new, see lockdown\n"
        "sealed     lockdown that nothing in the box can lift, and that a new box of the\n"
        "           same name keeps, until `rm`\n\n"
        "Without a MODE, also what was allowed and denied by hand, and for how long.",
    .completes = COMPLETES_BOX,
    .words = "open allowlist api lockdown sealed",
    .run = run,
};
