/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rule sets in the words of iptables-save(8). */
#include <arpa/inet.h>
#include <stdbool.h>

#include "init/net/rules.h"
#include "shared/buf.h"

static const char *protocol_name(uint8_t protocol)
{
    switch (protocol) {
    case IPPROTO_TCP:
        return "tcp";
    case IPPROTO_UDP:
        return "udp";
    case IPPROTO_ICMP:
        return "icmp";
    default:
        return "ipv6-icmp";
    }
}

static int print_address(struct buf *out, const char *option, int family,
                         const struct rule_address *address)
{
    char text[INET6_ADDRSTRLEN];
    if (address->prefix == 0)
        return 0;
    inet_ntop(family, address->bytes, text, sizeof text);
    return buf_printf(out, " %s %s/%u", option, text, address->prefix);
}

static int print_device(struct buf *out, const char *option, enum rule_device device)
{
    if (device == DEVICE_ANY)
        return 0;
    return buf_printf(out, "%s %s lo", device == DEVICE_NOT_LO ? " !" : "", option);
}

static int print_transport(struct buf *out, const struct rule *rule)
{
    int failed = 0;
    if (rule->protocol)
        failed |= buf_printf(out, " -p %s", protocol_name(rule->protocol));
    if (rule->source_port || rule->destination_port || rule->syn != SYN_ANY)
        failed |= buf_printf(out, " -m %s", protocol_name(rule->protocol));
    if (rule->source_port)
        failed |= buf_printf(out, " --sport %u", rule->source_port);
    if (rule->destination_port)
        failed |= buf_printf(out, " --dport %u", rule->destination_port);
    if (rule->syn != SYN_ANY)
        failed |= buf_printf(out, "%s --tcp-flags FIN,SYN,RST,ACK SYN",
                             rule->syn == SYN_NOT ? " !" : "");
    if (rule->neighbour)
        failed |=
            buf_printf(out, " -m icmp6 --icmpv6-type %u -m hl --hl-eq 255", rule->neighbour);
    return failed;
}

static int print_connection(struct buf *out, const struct rule *rule)
{
    static const struct {
        unsigned state;
        const char *name;
    } states[] = {
        {STATE_NEW, "NEW"},
        {STATE_RELATED, "RELATED"},
        {STATE_ESTABLISHED, "ESTABLISHED"},
    };
    int failed = 0;
    if (rule->states || rule->assured || rule->redirected || rule->direction != DIRECTION_ANY)
        failed |= buf_puts(out, " -m conntrack");
    const char *between = " --ctstate ";
    for (size_t i = 0; i < array_length(states); i++) {
        if (!(rule->states & states[i].state))
            continue;
        failed |= buf_printf(out, "%s%s", between, states[i].name);
        between = ",";
    }
    if (rule->redirected)
        failed |= buf_printf(out, "%sDNAT", between);
    if (rule->assured)
        failed |= buf_puts(out, " --ctstatus ASSURED");
    if (rule->direction != DIRECTION_ANY)
        failed |= buf_printf(out, " --ctdir %s",
                             rule->direction == DIRECTION_ORIGINAL ? "ORIGINAL" : "REPLY");
    if (rule->mark != MARK_ANY)
        failed |= buf_printf(out, " -m connmark --mark 0x%x/0x%x",
                             rule->mark == MARK_SET ? RULES_MARK : 0, RULES_MARK);
    if (rule->by_owner)
        failed |= buf_printf(out, " -m owner --uid-owner %u", rule->owner);
    return failed;
}

static int print_target(struct buf *out, const struct rule *rule, int family)
{
    switch (rule->target) {
    case TARGET_ACCEPT:
        return buf_puts(out, " -j ACCEPT");
    case TARGET_DROP:
        return buf_puts(out, " -j DROP");
    case TARGET_RETURN:
        return buf_puts(out, " -j RETURN");
    case TARGET_JUMP:
        return buf_printf(out, " -j %s", rule_chain_name(rule->to));
    case TARGET_LOG:
        return buf_printf(out,
                          " -j NFLOG --nflog-prefix \"%s\" --nflog-group %d"
                          " --nflog-size %d",
                          RULES_NFLOG_PREFIX, RULES_NFLOG_GROUP, RULES_NFLOG_SIZE);
    case TARGET_MARK:
        return buf_printf(out, " -j CONNMARK --set-xmark 0x%x/0x%x", RULES_MARK, RULES_MARK);
    case TARGET_REJECT_RESET:
        return buf_puts(out, " -j REJECT --reject-with tcp-reset");
    case TARGET_REJECT_PORT:
        return buf_printf(out, " -j REJECT --reject-with %s-port-unreachable",
                          family == AF_INET ? "icmp" : "icmp6");
    case TARGET_REDIRECT:
        return buf_printf(out, " -j REDIRECT --to-ports %u", rule->to_port);
    }
    return -1;
}

/* All but the chain. */
static int print_rest(struct buf *out, const struct rule *rule, int family)
{
    int failed = print_address(out, "-s", family, &rule->source);
    failed |= print_address(out, "-d", family, &rule->destination);
    failed |= print_device(out, "-i", rule->in);
    failed |= print_device(out, "-o", rule->out);
    failed |= print_transport(out, rule);
    failed |= print_connection(out, rule);
    failed |= print_target(out, rule, family);
    return failed;
}

int rule_print(const struct rule *rule, int family, struct buf *out)
{
    int failed = buf_printf(out, "-A %s", rule_chain_name(rule->chain));
    failed |= print_rest(out, rule, family);
    return failed ? -1 : 0;
}

int ruleset_print(const struct ruleset *set, struct buf *out)
{
    int failed = buf_printf(out, "*%s\n", rule_table_name(set->table));
    for (enum rule_chain chain = 0; chain < CHAINS; chain++) {
        if (rule_chain_has_policy(set->table, chain))
            failed |= buf_printf(out, ":%s DROP [0:0]\n", rule_chain_name(chain));
        else if (!rule_chain_is_builtin(chain) && ruleset_uses(set, chain))
            failed |= buf_printf(out, ":%s - [0:0]\n", rule_chain_name(chain));
    }
    for (size_t i = 0; i < set->count; i++) {
        const struct rule *rule = &set->rules[i];
        bool hook = rule->chain == rule_table_hook(set->table);
        failed |= buf_printf(out, hook ? "-I %s 1" : "-A %s", rule_chain_name(rule->chain));
        failed |= print_rest(out, rule, set->family);
        failed |= buf_puts(out, "\n");
    }
    failed |= buf_puts(out, "COMMIT\n");
    return failed ? -1 : 0;
}
