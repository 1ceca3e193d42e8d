/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/rules.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "shared/names.h"

/* When a row is in the set. A row says in which situations, with what kind of gate, for which
 * family; saying nothing of one of them means always. */
enum {
    OPEN = 1 << 0,
    NAMES = 1 << 1,   /* allowlist, api */
    LOCKED = 1 << 2,  /* lockdown, sealed */
    SEVERED = 1 << 3, /* lockdown on its way from `sever` to locked */
    SITUATIONS = OPEN | NAMES | LOCKED | SEVERED,

    GATE = 1 << 4,
    NO_GATE = 1 << 5,
    GATES = GATE | NO_GATE,

    V4 = 1 << 6,
    V6 = 1 << 7,
    FAMILIES = V4 | V6,

    EACH_TCP_PORT = 1 << 8, /* once for each published port */
    EACH_UDP_PORT = 1 << 9,
};

/* What a row leaves to the input: which member of the rule is filled with what. */
enum {
    TO_LOOPBACK = 1 << 0,     /* destination 127.0.0.1, ::1 */
    TO_LOOPBACK_NET = 1 << 1, /* destination 127.0.0.0/8, ::1 */
    TO_DOCKER_DNS = 1 << 2,   /* destination 127.0.0.11 */
    DPORT_GATE = 1 << 3,
    DPORT_RESOLVER = 1 << 4,
    BY_GATE = 1 << 5, /* owner */
    BY_ROOT = 1 << 6,
    ICMP = 1 << 7,          /* protocol: that of the family */
    PORT_IS_DPORT = 1 << 8, /* the published port, from the gateway unless published wider */
    PORT_IS_SPORT = 1 << 9, /* the published port, answering */
    REDIRECT_GATE = 1 << 10,
    REDIRECT_RESOLVER = 1 << 11,
};

struct row {
    unsigned when;
    unsigned fill;
    struct rule rule;
};

enum { DNS_PORT = 53, ND_SOLICIT = 135, ND_ADVERT = 136 }; /* RFC 1035 4.2, RFC 4861 4.3, 4.4 */

#define UDP         .protocol = IPPROTO_UDP
#define TCP         .protocol = IPPROTO_TCP
#define SYN         .protocol = IPPROTO_TCP, .syn = SYN_ONLY
#define NO_SYN      .protocol = IPPROTO_TCP, .syn = SYN_NOT
#define ESTABLISHED .states = STATE_ESTABLISHED
#define KEPT        .states = STATE_ESTABLISHED, .assured = true
#define MARKED      .mark = MARK_SET
#define ACCEPT      .target = TARGET_ACCEPT
#define DROP        .target = TARGET_DROP
#define RETURN      .target = TARGET_RETURN
#define DENY        .target = TARGET_JUMP, .to = CHAIN_DENY
#define PASS        .target = TARGET_JUMP, .to = CHAIN_PASS

/* clang-format off */
static const struct row filter_rows[] = {
    {0, 0, {CHAIN_DENY, .target = TARGET_LOG}},
    {0, 0, {CHAIN_DENY, TCP, .target = TARGET_REJECT_RESET}},
    {0, 0, {CHAIN_DENY, .target = TARGET_REJECT_PORT}},

    {0, 0, {CHAIN_PASS, .target = TARGET_MARK}},
    {0, 0, {CHAIN_PASS, ACCEPT}},

    {0, 0, {CHAIN_INPUT, .in = DEVICE_LO, ACCEPT}},
    {V6, ICMP, {CHAIN_INPUT, .neighbour = ND_SOLICIT, ACCEPT}},
    {V6, ICMP, {CHAIN_INPUT, .neighbour = ND_ADVERT, ACCEPT}},
    {OPEN, 0, {CHAIN_INPUT, ESTABLISHED, MARKED, ACCEPT}},
    {NAMES, 0, {CHAIN_INPUT, TCP, ESTABLISHED, MARKED, ACCEPT}},
    {LOCKED, 0, {CHAIN_INPUT, TCP, KEPT, MARKED, ACCEPT}},
    {NAMES | GATE, 0, {CHAIN_INPUT, UDP, .source_port = DNS_PORT, ESTABLISHED, MARKED, ACCEPT}},
    {OPEN | NAMES | LOCKED, ICMP, {CHAIN_INPUT, .states = STATE_RELATED, MARKED, ACCEPT}},
    {OPEN | NAMES | EACH_TCP_PORT, PORT_IS_DPORT,
        {CHAIN_INPUT, SYN, .states = STATE_NEW, PASS}},
    {OPEN | NAMES | EACH_UDP_PORT, PORT_IS_DPORT,
        {CHAIN_INPUT, UDP, .states = STATE_NEW | STATE_ESTABLISHED,
            .direction = DIRECTION_ORIGINAL, PASS}},

    /* Ahead of what is established: over a TCP connection of before, Docker's resolver would
     * still forward new queries, from outside the box. */
    {V4 | OPEN | NAMES | GATE, TO_DOCKER_DNS | BY_GATE, {CHAIN_OUTPUT, ACCEPT}},
    {V4 | OPEN | GATE, TO_DOCKER_DNS, {CHAIN_OUTPUT, DENY}},
    {V4 | NAMES | LOCKED | SEVERED, TO_DOCKER_DNS, {CHAIN_OUTPUT, DENY}},

    /* The guard in mangle sees to the mark of what leaves; here it may be local and
     * redirected, which has none. */
    {OPEN | NAMES, 0, {CHAIN_OUTPUT, NO_SYN, ESTABLISHED, ACCEPT}},
    {LOCKED, 0, {CHAIN_OUTPUT, NO_SYN, KEPT, ACCEPT}},
    {SEVERED | GATE, 0, {CHAIN_OUTPUT, NO_SYN, ESTABLISHED, .mark = MARK_CLEAR, ACCEPT}},
    {NAMES | EACH_UDP_PORT, PORT_IS_SPORT,
        {CHAIN_OUTPUT, UDP, ESTABLISHED, .direction = DIRECTION_REPLY, MARKED, ACCEPT}},
    {OPEN | NAMES | GATE, TO_LOOPBACK | DPORT_GATE,
        {CHAIN_OUTPUT, TCP, .redirected = true, ACCEPT}},
    {GATE, TO_LOOPBACK | DPORT_GATE, {CHAIN_OUTPUT, TCP, DENY}},
    {GATE, TO_LOOPBACK | DPORT_RESOLVER, {CHAIN_OUTPUT, UDP, ACCEPT}},
    {GATE, TO_LOOPBACK | DPORT_RESOLVER, {CHAIN_OUTPUT, TCP, ACCEPT}},
    {0, 0, {CHAIN_OUTPUT, .out = DEVICE_LO, ACCEPT}},
    {V6, ICMP, {CHAIN_OUTPUT, .neighbour = ND_SOLICIT, ACCEPT}},
    {V6, ICMP, {CHAIN_OUTPUT, .neighbour = ND_ADVERT, ACCEPT}},
    {NAMES | GATE, BY_GATE, {CHAIN_OUTPUT, SYN, PASS}},
    {NAMES | GATE, BY_GATE, {CHAIN_OUTPUT, UDP, .destination_port = DNS_PORT, PASS}},
    /* What the gate asks of Docker's resolver goes on from in here, as root. */
    {V4 | NAMES | GATE, BY_ROOT, {CHAIN_OUTPUT, UDP, .destination_port = DNS_PORT, PASS}},
    {V4 | NAMES | GATE, BY_ROOT, {CHAIN_OUTPUT, SYN, .destination_port = DNS_PORT, PASS}},
    {OPEN, 0, {CHAIN_OUTPUT, PASS}},
    {0, 0, {CHAIN_OUTPUT, DENY}},
};

/* POSTROUTING is the only hook that sees through which device a redirected packet leaves. */
static const struct row mangle_rows[] = {
    {0, 0, {CHAIN_CLX, .out = DEVICE_LO, RETURN}},
    {0, TO_LOOPBACK_NET, {CHAIN_CLX, DROP}},
    {0, 0, {CHAIN_CLX, MARKED, RETURN}},
    {V6, ICMP, {CHAIN_CLX, .neighbour = ND_SOLICIT, RETURN}},
    {V6, ICMP, {CHAIN_CLX, .neighbour = ND_ADVERT, RETURN}},
    {0, 0, {CHAIN_CLX, DROP}},
    {0, 0, {CHAIN_POSTROUTING, .target = TARGET_JUMP, .to = CHAIN_CLX}},
};

static const struct row nat_rows[] = {
    {GATE, BY_GATE, {CHAIN_CLX, RETURN}},
    /* Docker's resolver forwards from in here as root; redirected, it would ask itself. */
    {GATE, BY_ROOT, {CHAIN_CLX, UDP, .destination_port = DNS_PORT, RETURN}},
    {GATE, REDIRECT_RESOLVER, {CHAIN_CLX, UDP, .destination_port = DNS_PORT}},
    {GATE, REDIRECT_RESOLVER, {CHAIN_CLX, SYN, .destination_port = DNS_PORT}},
    {GATE, REDIRECT_GATE, {CHAIN_CLX, SYN, .out = DEVICE_NOT_LO}},
    {GATE, 0, {CHAIN_OUTPUT, .target = TARGET_JUMP, .to = CHAIN_CLX}},
};
/* clang-format on */

static const struct {
    const char *name;
    const struct row *rows;
    size_t count;
    enum rule_chain hook;
} tables[RULE_TABLES] = {
    [RULE_FILTER] = {"filter", filter_rows, array_length(filter_rows), CHAINS},
    [RULE_MANGLE] = {"mangle", mangle_rows, array_length(mangle_rows), CHAIN_POSTROUTING},
    [RULE_NAT] = {"nat", nat_rows, array_length(nat_rows), CHAIN_OUTPUT},
};

/* As long as libiptc wants to read (XT_TABLE_MAXNAMELEN). */
static const char chain_names[CHAINS][32] = {
    [CHAIN_INPUT] = "INPUT",   [CHAIN_FORWARD] = "FORWARD",
    [CHAIN_OUTPUT] = "OUTPUT", [CHAIN_POSTROUTING] = "POSTROUTING",
    [CHAIN_DENY] = "DENY",     [CHAIN_PASS] = "PASS",
    [CHAIN_CLX] = "CLX",
};

const char *rule_table_name(enum rule_table table)
{
    return tables[table].name;
}

const char *rule_chain_name(enum rule_chain chain)
{
    return chain_names[chain];
}

bool rule_chain_is_builtin(enum rule_chain chain)
{
    return chain <= CHAIN_POSTROUTING;
}

bool rule_chain_has_policy(enum rule_table table, enum rule_chain chain)
{
    return table == RULE_FILTER && chain <= CHAIN_OUTPUT;
}

bool ruleset_uses(const struct ruleset *set, enum rule_chain chain)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->rules[i].chain == chain)
            return true;
    return false;
}

enum rule_chain rule_table_hook(enum rule_table table)
{
    return tables[table].hook;
}

static unsigned situation(const struct rules_input *input)
{
    switch (input->mode) {
    case NETWORK_OPEN:
        return OPEN;
    case NETWORK_ALLOWLIST:
    case NETWORK_API:
        return NAMES;
    case NETWORK_LOCKDOWN:
    case NETWORK_SEALED:
        break;
    }
    return input->sever ? SEVERED : LOCKED;
}

static bool wanted(const struct row *row, unsigned now)
{
    static const unsigned groups[] = {SITUATIONS, GATES, FAMILIES};
    for (size_t i = 0; i < array_length(groups); i++) {
        unsigned said = row->when & groups[i];
        if (said && !(said & now))
            return false;
    }
    return true;
}

static struct rule_address loopback(int family, unsigned v4_prefix)
{
    if (family == AF_INET6)
        return (struct rule_address){.bytes = {[15] = 1}, .prefix = 128};
    struct rule_address address = {.bytes = {127}, .prefix = v4_prefix};
    if (v4_prefix == 32)
        address.bytes[3] = 1;
    return address;
}

static struct rule_address gateway_of(const struct rules_input *input, int family)
{
    struct rule_address address = {.prefix = family == AF_INET ? 32 : 128};
    if (family == AF_INET)
        memcpy(address.bytes, &input->gateway, sizeof input->gateway);
    else
        memcpy(address.bytes, &input->gateway6, sizeof input->gateway6);
    return address;
}

/* Was it published where more than this host can reach it, in the rule set's own family?
 * Through the engine's proxy a v6 address of the host may also lead to the box's v4 one, but
 * then the gateway is who connects. */
static bool published_wider(const struct port *port, int family)
{
    union {
        struct in_addr v4;
        struct in6_addr v6;
    } host;
    if (port->family != family || inet_pton(family, port->host_ip, &host) != 1)
        return false;
    if (family == AF_INET)
        return ntohl(host.v4.s_addr) >> 24 != IN_LOOPBACKNET;
    return !IN6_IS_ADDR_LOOPBACK(&host.v6);
}

/* False where the rule would let nobody in: published to this host only, of which no address
 * in this family is known. */
static bool fill_port(struct rule *rule, const struct row *row, const struct rules_input *input,
                      int family, const struct port *port)
{
    static const uint8_t none[16];
    if (row->fill & PORT_IS_SPORT) {
        rule->source_port = port->container;
        return true;
    }
    rule->destination_port = port->container;
    if (published_wider(port, family))
        return true;
    rule->source = gateway_of(input, family);
    return memcmp(rule->source.bytes, none, sizeof none) != 0;
}

static void fill(struct rule *rule, const struct row *row, const struct rules_input *input,
                 int family)
{
    unsigned f = row->fill;
    if (f & TO_LOOPBACK)
        rule->destination = loopback(family, 32);
    if (f & TO_LOOPBACK_NET)
        rule->destination = loopback(family, 8);
    if (f & TO_DOCKER_DNS)
        rule->destination = (struct rule_address){.bytes = {127, 0, 0, 11}, .prefix = 32};
    if (f & DPORT_GATE)
        rule->destination_port = input->gate_port;
    if (f & DPORT_RESOLVER)
        rule->destination_port = input->resolver_port;
    if (f & (BY_GATE | BY_ROOT)) {
        rule->by_owner = true;
        rule->owner = f & BY_GATE ? input->gate_uid : 0;
    }
    if (f & ICMP)
        rule->protocol = family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
    if (f & (REDIRECT_GATE | REDIRECT_RESOLVER)) {
        rule->target = TARGET_REDIRECT;
        rule->to_port = f & REDIRECT_GATE ? input->gate_port : input->resolver_port;
    }
}

int ruleset_build(const struct rules_input *input, int family, enum rule_table table,
                  struct ruleset *set)
{
    unsigned now =
        situation(input) | (input->gate_port ? GATE : NO_GATE) | (family == AF_INET ? V4 : V6);
    size_t rows = tables[table].count;
    /* No row comes more than once a port, and once if it is not about ports. */
    struct rule *rules = calloc(rows * (input->port_count + 1), sizeof *rules);
    if (!rules)
        return -1;
    size_t count = 0;
    for (const struct row *row = tables[table].rows; row < tables[table].rows + rows; row++) {
        if (!wanted(row, now))
            continue;
        struct rule rule = row->rule;
        fill(&rule, row, input, family);
        if (!(row->when & (EACH_TCP_PORT | EACH_UDP_PORT))) {
            rules[count++] = rule;
            continue;
        }
        for (size_t i = 0; i < input->port_count; i++) {
            struct rule each = rule;
            if (input->ports[i].protocol == rule.protocol &&
                fill_port(&each, row, input, family, &input->ports[i]))
                rules[count++] = each;
        }
    }
    *set = (struct ruleset){.family = family, .table = table, .rules = rules, .count = count};
    return 0;
}

struct ruleset ruleset_closed(int family)
{
    return (struct ruleset){.family = family, .table = RULE_FILTER};
}

void ruleset_free(struct ruleset *set)
{
    free(set->rules);
    *set = (struct ruleset){0};
}
