/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firewall's rules: makes rule sets from the mode, the published ports and the gate. Pure.
 *
 * A rule is a struct of a small vocabulary, which every applier translates and which is printed
 * as iptables-save(8) would print it. docs/firewall.md explains the sets. They are
 * static: no address of an allowlist is in them.
 *
 * Three tables per family. `mangle` holds the guard, the last check of what leaves, and never
 * changes; `nat` redirects to the gate and never changes either (it is empty without a gate);
 * `filter` holds the rules of the mode.
 */
#ifndef CLAUDEX_INIT_NET_RULES_H
#define CLAUDEX_INIT_NET_RULES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "shared/cleanup.h"
#include "shared/session.h"

struct buf;

enum {
    RULES_NFLOG_GROUP = 64,  /* where refusals are logged: nfnetlink_log */
    RULES_NFLOG_SIZE = 128,  /* bytes of each refused packet: headers, no payload to speak of */
    RULES_MARK = 0x1,        /* connmark bit of a connection that was let through */
    RULES_PORTS_MAX = 65535, /* published ports */
};
#define RULES_NFLOG_PREFIX "clx"

enum rule_table { RULE_FILTER, RULE_MANGLE, RULE_NAT, RULE_TABLES };

enum rule_chain {
    CHAIN_INPUT, /* the kernel's, up to CHAIN_POSTROUTING */
    CHAIN_FORWARD,
    CHAIN_OUTPUT,
    CHAIN_POSTROUTING,
    CHAIN_DENY, /* ours, in filter: logs and refuses */
    CHAIN_PASS, /* ours, in filter: marks the connection and accepts */
    CHAIN_CLX,  /* ours, in mangle and nat: the one chain, with one jump to it */
    CHAINS,
};

enum rule_device { DEVICE_ANY, DEVICE_LO, DEVICE_NOT_LO };
enum rule_syn { SYN_ANY, SYN_ONLY, SYN_NOT }; /* of FIN,SYN,RST,ACK: SYN alone, or not that */
enum rule_mark { MARK_ANY, MARK_SET, MARK_CLEAR };
enum rule_direction { DIRECTION_ANY, DIRECTION_ORIGINAL, DIRECTION_REPLY };
enum { /* bits of rule.states */
       STATE_NEW = 1 << 0,
       STATE_ESTABLISHED = 1 << 1,
       STATE_RELATED = 1 << 2,
};
enum rule_target {
    TARGET_ACCEPT,
    TARGET_DROP,
    TARGET_RETURN,
    TARGET_JUMP,         /* to rule.to */
    TARGET_LOG,          /* NFLOG, and on to the next rule */
    TARGET_MARK,         /* sets RULES_MARK, and on to the next rule */
    TARGET_REJECT_RESET, /* TCP only */
    TARGET_REJECT_PORT,  /* ICMP port unreachable of the rule set's family */
    TARGET_REDIRECT,     /* to this machine's port rule.to_port; nat only */
};

struct rule_address {
    uint8_t bytes[16]; /* network order; 4 of them for v4 */
    unsigned prefix;   /* bits; 0: any address */
};

/* All conditions must hold; a member that is zero is no condition. */
struct rule {
    enum rule_chain chain;
    struct rule_address source, destination;
    enum rule_device in, out;
    uint8_t protocol;                       /* 0: any */
    uint16_t source_port, destination_port; /* host order; TCP and UDP only; 0: any */
    enum rule_syn syn;                      /* TCP only */
    uint8_t neighbour; /* ICMPv6 type with hop limit 255: never forwarded (RFC 4861 7.1.1) */
    unsigned states;   /* any of these; 0: any state */
    bool assured;      /* conntrack saw traffic both ways and the handshake's end */
    bool redirected;   /* conntrack: its destination was rewritten */
    enum rule_direction direction;
    enum rule_mark mark;
    bool
        by_owner; /* the socket was opened by rule.owner; a packet without one does not match */
    uid_t owner;

    enum rule_target target;
    enum rule_chain to;
    uint16_t to_port;
};

struct ruleset {
    int family; /* AF_INET or AF_INET6 */
    enum rule_table table;
    struct rule *rules; /* owned; by chain in the order in which they are looked at */
    size_t count;
};

struct rules_input {
    enum network_mode mode;
    bool sever; /* with lockdown: refuses established connections as well */

    uint16_t gate_port; /* 0: there is no gate, and the two below mean nothing */
    uint16_t resolver_port;
    uid_t gate_uid;

    const struct port *ports; /* published */
    size_t port_count;
    struct in_addr gateway;   /* the bridge's address, where published ports are reached from */
    struct in6_addr gateway6; /* all zero where there is none */
};

/*
 * The rule set of a table and family; `filter` has DROP as policy of all its chains. The set
 * must be zero-initialised or freed. 0, or -1 when out of memory.
 */
int ruleset_build(const struct rules_input *input, int family, enum rule_table table,
                  struct ruleset *set);
/* `filter` without any rule: nothing passes. Needs no freeing. */
struct ruleset ruleset_closed(int family);
void ruleset_free(struct ruleset *set);
#define cleanup_ruleset cleanup_with(ruleset_free)

/* As iptables-save(8) prints it, and iptables-restore(8) reads it with --noflush (for mangle
 * and nat; filter is ours alone). 0, or -1 when out of memory. */
int ruleset_print(const struct ruleset *set, struct buf *out);

/* One rule without its newline, for messages. */
int rule_print(const struct rule *rule, int family, struct buf *out);

const char *rule_table_name(enum rule_table table);
const char *rule_chain_name(enum rule_chain chain);
/* One of the kernel's own chains. */
bool rule_chain_is_builtin(enum rule_chain chain);
/* One of those in filter, whose policy is DROP. */
bool rule_chain_has_policy(enum rule_table table, enum rule_chain chain);
/* Is there a rule in this chain? */
bool ruleset_uses(const struct ruleset *set, enum rule_chain chain);
/* The table's kernel chain whose first rule jumps to CHAIN_CLX; CHAINS for filter. */
enum rule_chain rule_table_hook(enum rule_table table);

#endif
