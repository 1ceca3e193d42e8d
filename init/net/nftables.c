/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/nftables.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4.h>

#include "init/net/netlink.h"
#include "init/net/nftables_rule.h"

enum { TRIES_MAX = 16 }; /* somebody else's transaction came between, or a dump was torn */

#define TABLE_PREFIX "claudex-"
enum { TABLE_NAME_MAX = 32 };

/* Where the kernel's chains hang: the places that the legacy tables have. */
struct hook {
    const char *type;
    uint32_t number;
    int priority;
};

static struct hook hook_of(enum rule_table table, enum rule_chain chain)
{
    static const uint32_t numbers[CHAINS] = {
        [CHAIN_INPUT] = NF_INET_LOCAL_IN,
        [CHAIN_FORWARD] = NF_INET_FORWARD,
        [CHAIN_OUTPUT] = NF_INET_LOCAL_OUT,
        [CHAIN_POSTROUTING] = NF_INET_POST_ROUTING,
    };
    static const struct hook tables[RULE_TABLES] = {
        [RULE_FILTER] = {"filter", 0, NF_IP_PRI_FILTER},
        [RULE_MANGLE] = {"filter", 0, NF_IP_PRI_MANGLE},
        [RULE_NAT] = {"nat", 0, NF_IP_PRI_NAT_DST},
    };
    struct hook hook = tables[table];
    hook.number = numbers[chain];
    return hook;
}

static void begin(struct netlink_batch *b, enum nf_tables_msg_types type, uint16_t flags,
                  int family)
{
    struct nfgenmsg head = {.nfgen_family = family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6,
                            .version = NFNETLINK_V0};
    netlink_begin(b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, &head, sizeof head);
}

static void bracket(struct netlink_batch *b, uint16_t type)
{
    struct nfgenmsg head = {.version = NFNETLINK_V0, .res_id = htons(NFNL_SUBSYS_NFTABLES)};
    netlink_begin(b, type, 0, &head, sizeof head);
}

static const char *table_name(enum rule_table table, char name[TABLE_NAME_MAX])
{
    (void)snprintf(name, TABLE_NAME_MAX, TABLE_PREFIX "%s", rule_table_name(table));
    return name;
}

static bool has_chain(const struct ruleset *set, enum rule_chain chain)
{
    return rule_chain_has_policy(set->table, chain) || ruleset_uses(set, chain);
}

static void put_chain(struct netlink_batch *b, enum rule_table table, enum rule_chain chain)
{
    char name[TABLE_NAME_MAX];
    netlink_put_text(b, NFTA_CHAIN_TABLE, table_name(table, name));
    netlink_put_text(b, NFTA_CHAIN_NAME, rule_chain_name(chain));
    if (!rule_chain_is_builtin(chain))
        return;
    struct hook hook = hook_of(table, chain);
    size_t nest = netlink_nest(b, NFTA_CHAIN_HOOK);
    netlink_put_be32(b, NFTA_HOOK_HOOKNUM, hook.number);
    netlink_put_be32(b, NFTA_HOOK_PRIORITY, (uint32_t)hook.priority);
    netlink_end(b, nest);
    netlink_put_be32(b, NFTA_CHAIN_POLICY,
                     rule_chain_has_policy(table, chain) ? NF_DROP : NF_ACCEPT);
    netlink_put_text(b, NFTA_CHAIN_TYPE, hook.type);
}

/* What comes first makes what is missing, then all rules are replaced. */
static void put_set(struct netlink_batch *b, const struct ruleset *set)
{
    char name[TABLE_NAME_MAX];
    table_name(set->table, name);
    begin(b, NFT_MSG_NEWTABLE, NLM_F_CREATE, set->family);
    netlink_put_text(b, NFTA_TABLE_NAME, name);
    for (enum rule_chain chain = 0; chain < CHAINS; chain++) {
        if (!has_chain(set, chain))
            continue;
        begin(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE, set->family);
        put_chain(b, set->table, chain);
    }
    begin(b, NFT_MSG_DELRULE, 0, set->family);
    netlink_put_text(b, NFTA_RULE_TABLE, name);
    for (size_t i = 0; i < set->count; i++) {
        begin(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, set->family);
        netlink_put_text(b, NFTA_RULE_TABLE, name);
        netlink_put_text(b, NFTA_RULE_CHAIN, rule_chain_name(set->rules[i].chain));
        nftables_rule_put(b, &set->rules[i], set->family);
    }
}

/* Which rule a message of the transaction was; NULL if it was none. The messages are counted as
 * put_set() wrote them. */
static const struct rule *rule_at(const struct ruleset *sets, size_t count, uint32_t at,
                                  int *family)
{
    uint32_t message = 1; /* the opening bracket */
    for (size_t s = 0; s < count; s++) {
        message += 2; /* the table, the deletion */
        for (enum rule_chain chain = 0; chain < CHAINS; chain++)
            message += has_chain(&sets[s], chain);
        if (at > message && at - message <= sets[s].count) {
            *family = sets[s].family;
            return &sets[s].rules[at - message - 1];
        }
        message += (uint32_t)sets[s].count;
    }
    return NULL;
}

static int refused(const struct ruleset *sets, size_t count, uint32_t at, struct error *err)
{
    int number = errno, family = AF_INET;
    const struct rule *rule = rule_at(sets, count, at, &family);
    cleanup_buf struct buf text = BUF_INIT(512);
    if (number == EPERM)
        return error_set(err, "changing nf_tables is not permitted; the box needs the"
                              " capability NET_ADMIN");
    if (rule && rule_print(rule, family, &text) == 0)
        return error_set(
            err,
            "this kernel's nf_tables refuses the rule \"%s\": %s; on the host, load"
            " the modules that it needs (modprobe nft_…) or use a kernel that has"
            " them",
            text.data, strerror(number));
    errno = number;
    return error_errno(err, "cannot change nf_tables");
}

/* --- reading back --- */

struct reading {
    const struct ruleset *set;
    char table[TABLE_NAME_MAX];
    size_t next[CHAINS]; /* place in set->rules of the rule that ought to come next */
    bool chains[CHAINS]; /* found */
    bool wrong;
};

static const void *attributes_of(const struct nlmsghdr *message, size_t *length)
{
    size_t head = NLMSG_LENGTH(NLMSG_ALIGN(sizeof(struct nfgenmsg)));
    *length = message->nlmsg_len > head ? message->nlmsg_len - head : 0;
    return (const char *)message + head;
}

/* CHAINS for a name that is none of ours. */
static enum rule_chain chain_named(const char *name)
{
    enum rule_chain chain = 0;
    while (chain < CHAINS && strcmp(name, rule_chain_name(chain)) != 0)
        chain++;
    return chain;
}

/* The set's next rule of that chain, from `at` on; set->count if there is none. */
static size_t rule_of(const struct ruleset *set, enum rule_chain chain, size_t at)
{
    while (at < set->count && set->rules[at].chain != chain)
        at++;
    return at;
}

/* The attributes of a message's own protocol that `b` holds, one message only. */
static bool holds(const struct nlmsghdr *message, const struct netlink_batch *b)
{
    size_t have, head = NLMSG_LENGTH(NLMSG_ALIGN(sizeof(struct nfgenmsg)));
    const void *attributes = attributes_of(message, &have);
    return !b->failed &&
           netlink_holds(attributes, have, b->bytes.data + head, b->bytes.length - head);
}

static int read_chain(const struct nlmsghdr *message, void *context)
{
    struct reading *reading = context;
    cleanup_netlink_batch struct netlink_batch want = NETLINK_BATCH_INIT;
    size_t length;
    const void *attributes = attributes_of(message, &length);
    if (strcmp(netlink_text(netlink_find(attributes, length, NFTA_CHAIN_TABLE)),
               reading->table) != 0)
        return 0;
    enum rule_chain chain =
        chain_named(netlink_text(netlink_find(attributes, length, NFTA_CHAIN_NAME)));
    if (chain == CHAINS) {
        reading->wrong = true;
        return 0;
    }
    begin(&want, NFT_MSG_NEWCHAIN, 0, reading->set->family);
    put_chain(&want, reading->set->table, chain);
    reading->chains[chain] = true;
    reading->wrong = reading->wrong || !holds(message, &want);
    return 0;
}

static int read_rule(const struct nlmsghdr *message, void *context)
{
    struct reading *reading = context;
    cleanup_netlink_batch struct netlink_batch want = NETLINK_BATCH_INIT;
    size_t length;
    const void *attributes = attributes_of(message, &length);
    if (strcmp(netlink_text(netlink_find(attributes, length, NFTA_RULE_TABLE)),
               reading->table) != 0)
        return 0;
    enum rule_chain chain =
        chain_named(netlink_text(netlink_find(attributes, length, NFTA_RULE_CHAIN)));
    size_t place =
        chain == CHAINS ? SIZE_MAX : rule_of(reading->set, chain, reading->next[chain]);
    if (place >= reading->set->count) {
        reading->wrong = true;
        return 0;
    }
    reading->next[chain] = place + 1;
    begin(&want, NFT_MSG_NEWRULE, 0, reading->set->family);
    nftables_rule_put(&want, &reading->set->rules[place], reading->set->family);
    reading->wrong = reading->wrong || !holds(message, &want);
    return 0;
}

static int dump(int fd, enum nf_tables_msg_types type, int family, uint16_t table_attribute,
                const char *table, netlink_answer *answer, void *context)
{
    cleanup_netlink_batch struct netlink_batch ask = NETLINK_BATCH_INIT;
    begin(&ask, type, NLM_F_DUMP, family);
    if (table)
        netlink_put_text(&ask, table_attribute, table);
    return netlink_talk(fd, &ask, ask.sequence, answer, context, NULL);
}

/* 1: what stands is the set, 0: it is not, -1 with errno. */
static int stands(int fd, const struct ruleset *set)
{
    struct reading reading = {.set = set};
    table_name(set->table, reading.table);
    if (dump(fd, NFT_MSG_GETCHAIN, set->family, NFTA_CHAIN_TABLE, reading.table, read_chain,
             &reading) != 0 ||
        dump(fd, NFT_MSG_GETRULE, set->family, NFTA_RULE_TABLE, reading.table, read_rule,
             &reading) != 0)
        return -1;
    for (enum rule_chain chain = 0; chain < CHAINS; chain++)
        if ((has_chain(set, chain) && !reading.chains[chain]) ||
            rule_of(set, chain, reading.next[chain]) < set->count)
            return 0;
    return !reading.wrong;
}

/* 1: done and standing, 0: try again, -1 with *err. */
static int attempt(int fd, const struct ruleset *sets, size_t count, struct error *err)
{
    cleanup_netlink_batch struct netlink_batch b = NETLINK_BATCH_INIT;
    uint32_t at;
    bracket(&b, NFNL_MSG_BATCH_BEGIN);
    for (size_t i = 0; i < count; i++)
        put_set(&b, &sets[i]);
    /* Only errors are answered, and this one, which comes after them all. */
    netlink_acknowledge(&b);
    uint32_t acknowledged = b.sequence;
    bracket(&b, NFNL_MSG_BATCH_END);
    if (netlink_talk(fd, &b, acknowledged, NULL, NULL, &at) != 0)
        return errno == EAGAIN || errno == EINTR ? 0 : refused(sets, count, at, err);
    for (size_t i = 0; i < count; i++) {
        int standing = stands(fd, &sets[i]);
        if (standing < 0 && errno != EINTR)
            return error_errno(err, "cannot read nf_tables back");
        if (standing <= 0)
            return 0;
    }
    return 1;
}

/* Of a transaction that went well, with nothing left to be read. The kernel closes none before
 * what the transaction replaced is destroyed (nft_rcv_nl_event), which took 15 ms of a toggle;
 * for packets that are still within it there is firewall_settle(). */
static int kept = -1;

int nftables_install(const struct ruleset *sets, size_t count, struct error *err)
{
    for (int i = 0; i < TRIES_MAX; i++) {
        /* A new one after a failure: no late answer of the try before. */
        cleanup_fd int fd = kept >= 0 ? take_fd(&kept) : netlink_open(NETLINK_NETFILTER);
        if (fd < 0)
            return error_errno(err, "cannot open a netlink socket for nf_tables");
        int done = attempt(fd, sets, count, err);
        if (done < 0)
            return -1;
        if (done > 0) {
            kept = take_fd(&fd);
            return 0;
        }
    }
    return error_set(err,
                     "nf_tables do not keep our rules (%d tries): something else in this"
                     " network namespace is changing them",
                     TRIES_MAX);
}

int nftables_probe(int family, struct error *err)
{
    cleanup_fd int fd = netlink_open(NETLINK_NETFILTER);
    if (fd >= 0 && dump(fd, NFT_MSG_GETCHAIN, family, 0, NULL, NULL, NULL) == 0)
        return 0;
    if (errno == EPERM)
        return error_set(err, "reading nf_tables is not permitted; the box needs the capability"
                              " NET_ADMIN");
    return error_errno(err, "this kernel has no nf_tables; on the host, load it (modprobe "
                            "nf_tables)");
}

/* Somebody's chain that filters; those of type nat, Docker's for its resolver, do not. */
static int find_foreign(const struct nlmsghdr *message, void *context)
{
    bool *foreign = context;
    size_t length;
    const void *attributes = attributes_of(message, &length);
    const char *table = netlink_text(netlink_find(attributes, length, NFTA_CHAIN_TABLE));
    if (strncmp(table, TABLE_PREFIX, strlen(TABLE_PREFIX)) != 0 &&
        strcmp(netlink_text(netlink_find(attributes, length, NFTA_CHAIN_TYPE)), "filter") == 0)
        *foreign = true;
    return 0;
}

int nftables_foreign(int family, struct error *err)
{
    bool foreign = false;
    cleanup_fd int fd = netlink_open(NETLINK_NETFILTER);
    if (fd < 0 || dump(fd, NFT_MSG_GETCHAIN, family, 0, NULL, find_foreign, &foreign) != 0)
        return error_errno(err, "cannot read nf_tables");
    return foreign;
}
