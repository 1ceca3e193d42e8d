/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <string.h>

#include "init/net/connection.h"
#include "init/net/gate.h"
#include "init/net/pattern.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/parse.h"

/* Where a rule comes from, as verdicts say it. */
static const char configured_allow[] = "allow", configured_deny[] = "deny", group_ai[] = "ai",
                  by_hand[] = "by hand";

const struct policy *gate_policy(const struct gate *gate)
{
    return gate->mode == NETWORK_API ? gate->api : gate->policy;
}

static int add_rules(struct policy *policy, enum policy_action action,
                     const struct strings *patterns, const char *origin, struct error *err)
{
    for (size_t i = 0; i < patterns->count; i++) {
        struct host_pattern pattern;
        const char *why = "";
        if (parse_host_pattern(patterns->items[i], &pattern, &why) < 0)
            return error_set(err, "network rule '%s': %s", quoted(patterns->items[i]), why);
        if (policy_add(policy, action, &pattern, origin, 0) < 0)
            return error_errno(err, "cannot keep network rule '%s'",
                               quoted(patterns->items[i]));
    }
    return 0;
}

/* An allow by hand is none of the mode api, which is what the agents need and nothing else. */
static int add_grant(struct gate *gate, const struct grant *grant)
{
    if (policy_add(gate->policy, grant->action, &grant->pattern, by_hand, grant->expires) < 0)
        return -1;
    return grant->action == POLICY_ALLOW
               ? 0
               : policy_add(gate->api, POLICY_DENY, &grant->pattern, by_hand, grant->expires);
}

int gate_policy_make(struct gate *gate, const struct session *session,
                     const struct grants *grants, struct error *err)
{
    gate->policy = policy_new();
    gate->api = policy_new();
    if (!gate->policy || !gate->api)
        return error_errno(err, "cannot make the gate's rules");
    const struct {
        struct policy *policy;
        enum policy_action action;
        const struct strings *patterns;
        const char *origin;
    } lists[] = {
        {gate->policy, POLICY_DENY, &session->network.deny, configured_deny},
        {gate->policy, POLICY_ALLOW, &session->network.allow, configured_allow},
        {gate->api, POLICY_DENY, &session->network.deny, configured_deny},
        {gate->api, POLICY_ALLOW, &session->network.api, group_ai},
    };
    for (size_t i = 0; i < array_length(lists); i++)
        if (add_rules(lists[i].policy, lists[i].action, lists[i].patterns, lists[i].origin,
                      err) < 0)
            return -1;
    for (size_t i = 0; grants && i < grants->count; i++)
        if (add_grant(gate, &grants->list[i]) < 0)
            return error_errno(err, "cannot keep what was allowed by hand");
    return 0;
}

/* --- while it runs ------------------------------------------------------------------------ */

static void forget(struct gate *gate, const struct host_pattern *pattern)
{
    static const enum policy_action actions[] = {POLICY_ALLOW, POLICY_DENY};
    struct policy *const policies[] = {gate->policy, gate->api};
    for (size_t i = 0; i < array_length(actions); i++)
        for (size_t j = 0; j < array_length(policies); j++)
            (void)policy_remove(policies[j], actions[i], pattern, by_hand);
}

/* Rules on addresses are for those that the client dialled itself. */
static bool is_synthetic(const struct address *address)
{
    uint32_t v4;
    memcpy(&v4, address->bytes, sizeof v4);
    return address->family == AF_INET && names_is_synthetic(ntohl(v4));
}

static bool is_denied(const struct connection *connection, const struct host_pattern *pattern)
{
    const struct address *address = &connection->address;
    return pattern_denies_name(pattern, connection->name, connection->port) ||
           (!is_synthetic(address) &&
            pattern_denies_address(pattern, address->family, address->bytes, connection->port));
}

static void cut(struct gate *gate, const struct host_pattern *pattern)
{
    struct connection *next;
    for (struct connection *c = gate->connections; c; c = next) {
        next = c->next;
        if (is_denied(c, pattern))
            connection_cut(c);
    }
}

void gate_policy_change(struct gate *gate, const struct gate_frame *frame)
{
    struct grant grant = {.action = frame->kind == GATE_ALLOW ? POLICY_ALLOW : POLICY_DENY,
                          .expires = frame->age};
    if (parse_host_pattern(frame->name, &grant.pattern, NULL) < 0)
        return; /* PID 1 does not send such */
    forget(gate, &grant.pattern);
    if (frame->kind == GATE_FORGET)
        return;
    /* Not to know a denial is the one thing that must not be: better no gate, and another. */
    if (add_grant(gate, &grant) < 0 && grant.action == POLICY_DENY)
        gate->reactor.ended = true;
    if (grant.action == POLICY_DENY)
        cut(gate, &grant.pattern);
}
