/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/iptables_entry.h"

#include <netinet/in.h>
#include <string.h>

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter/xt_CONNMARK.h>
#include <linux/netfilter/xt_NFLOG.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_owner.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <linux/netfilter_ipv6/ip6t_REJECT.h>
#include <linux/netfilter_ipv6/ip6t_hl.h>

/* TCP's flags as xt_tcp counts them (linux/tcp.h order). */
enum { FLAG_FIN = 0x01, FLAG_SYN = 0x02, FLAG_RST = 0x04, FLAG_ACK = 0x10 };

static size_t head_size(int family)
{
    return family == AF_INET ? sizeof(struct ipt_entry) : sizeof(struct ip6t_entry);
}

/* What selects packets in the head: addresses, devices, protocol. It comes first. */
static size_t selector_size(int family)
{
    return family == AF_INET ? sizeof(struct ipt_ip) : sizeof(struct ip6t_ip6);
}

static size_t target_offset(const void *head, int family)
{
    return family == AF_INET ? ((const struct ipt_entry *)head)->target_offset
                             : ((const struct ip6t_entry *)head)->target_offset;
}

/* Appends a match, or a target (the same layout), and returns where its data goes. */
static void *add(struct entry *entry, const char *name, uint8_t revision, size_t data_size)
{
    size_t size = XT_ALIGN(sizeof(struct xt_entry_match)) + XT_ALIGN(data_size);
    struct xt_entry_match *match = (void *)(entry->bytes + entry->size);
    match->u.user.match_size = (uint16_t)size;
    match->u.user.revision = revision;
    strncpy(match->u.user.name, name, sizeof match->u.user.name - 1);
    entry->size += size;
    return match->data;
}

static void device(char *name, unsigned char *mask)
{
    /* With the NUL: exactly this name, no prefix. */
    memcpy(name, "lo", sizeof "lo");
    memset(mask, 0xff, sizeof "lo");
}

static void prefix_mask(void *mask, unsigned prefix)
{
    unsigned char *byte = mask;
    for (; prefix >= 8; prefix -= 8)
        *byte++ = 0xff;
    if (prefix > 0)
        *byte = (unsigned char)(0xff << (8 - prefix));
}

static void head_v4(const struct rule *rule, struct ipt_ip *ip)
{
    memcpy(&ip->src, rule->source.bytes, sizeof ip->src);
    memcpy(&ip->dst, rule->destination.bytes, sizeof ip->dst);
    prefix_mask(&ip->smsk, rule->source.prefix);
    prefix_mask(&ip->dmsk, rule->destination.prefix);
    if (rule->in != DEVICE_ANY)
        device(ip->iniface, ip->iniface_mask);
    if (rule->out != DEVICE_ANY)
        device(ip->outiface, ip->outiface_mask);
    if (rule->in == DEVICE_NOT_LO)
        ip->invflags |= IPT_INV_VIA_IN;
    if (rule->out == DEVICE_NOT_LO)
        ip->invflags |= IPT_INV_VIA_OUT;
    ip->proto = rule->protocol;
}

static void head_v6(const struct rule *rule, struct ip6t_ip6 *ip)
{
    memcpy(&ip->src, rule->source.bytes, sizeof ip->src);
    memcpy(&ip->dst, rule->destination.bytes, sizeof ip->dst);
    prefix_mask(&ip->smsk, rule->source.prefix);
    prefix_mask(&ip->dmsk, rule->destination.prefix);
    if (rule->in != DEVICE_ANY)
        device(ip->iniface, ip->iniface_mask);
    if (rule->out != DEVICE_ANY)
        device(ip->outiface, ip->outiface_mask);
    if (rule->in == DEVICE_NOT_LO)
        ip->invflags |= IP6T_INV_VIA_IN;
    if (rule->out == DEVICE_NOT_LO)
        ip->invflags |= IP6T_INV_VIA_OUT;
    ip->proto = rule->protocol;
    if (rule->protocol)
        ip->flags |= IP6T_F_PROTO;
}

static void port_range(__u16 range[2], uint16_t port)
{
    range[0] = port;
    range[1] = port ? port : UINT16_MAX;
}

static void add_transport(struct entry *entry, const struct rule *rule)
{
    if (rule->protocol == IPPROTO_TCP &&
        (rule->source_port || rule->destination_port || rule->syn != SYN_ANY)) {
        struct xt_tcp *tcp = add(entry, "tcp", 0, sizeof *tcp);
        port_range(tcp->spts, rule->source_port);
        port_range(tcp->dpts, rule->destination_port);
        if (rule->syn != SYN_ANY) {
            tcp->flg_mask = FLAG_FIN | FLAG_SYN | FLAG_RST | FLAG_ACK;
            tcp->flg_cmp = FLAG_SYN;
        }
        if (rule->syn == SYN_NOT)
            tcp->invflags |= XT_TCP_INV_FLAGS;
    }
    if (rule->protocol == IPPROTO_UDP && (rule->source_port || rule->destination_port)) {
        struct xt_udp *udp = add(entry, "udp", 0, sizeof *udp);
        port_range(udp->spts, rule->source_port);
        port_range(udp->dpts, rule->destination_port);
    }
    if (rule->neighbour) {
        struct ip6t_icmp *icmp = add(entry, "icmp6", 0, sizeof *icmp);
        icmp->type = rule->neighbour;
        icmp->code[1] = UINT8_MAX;
        struct ip6t_hl_info *hl = add(entry, "hl", 0, sizeof *hl);
        hl->mode = IP6T_HL_EQ;
        hl->hop_limit = 255;
    }
}

static void add_conntrack(struct entry *entry, const struct rule *rule)
{
    static const struct {
        unsigned ours;
        unsigned kernels;
    } states[] = {
        {STATE_NEW, XT_CONNTRACK_STATE_BIT(IP_CT_NEW)},
        {STATE_ESTABLISHED, XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED)},
        {STATE_RELATED, XT_CONNTRACK_STATE_BIT(IP_CT_RELATED)},
    };
    if (!rule->states && !rule->assured && !rule->redirected &&
        rule->direction == DIRECTION_ANY)
        return;
    struct xt_conntrack_mtinfo3 *conntrack = add(entry, "conntrack", 3, sizeof *conntrack);
    for (size_t i = 0; i < array_length(states); i++)
        if (rule->states & states[i].ours)
            conntrack->state_mask |= (uint16_t)states[i].kernels;
    if (rule->redirected)
        conntrack->state_mask |= XT_CONNTRACK_STATE_DNAT;
    if (rule->states || rule->redirected)
        conntrack->match_flags |= XT_CONNTRACK_STATE;
    if (rule->assured) {
        conntrack->match_flags |= XT_CONNTRACK_STATUS;
        conntrack->status_mask = IPS_ASSURED;
    }
    if (rule->direction != DIRECTION_ANY)
        conntrack->match_flags |= XT_CONNTRACK_DIRECTION;
    /* The kernel reads "direction, inverted" as "reply" (net/netfilter/xt_conntrack.c). */
    if (rule->direction == DIRECTION_REPLY)
        conntrack->invert_flags |= XT_CONNTRACK_DIRECTION;
}

static void add_matches(struct entry *entry, const struct rule *rule)
{
    add_transport(entry, rule);
    add_conntrack(entry, rule);
    if (rule->mark != MARK_ANY) {
        struct xt_connmark_mtinfo1 *mark = add(entry, "connmark", 1, sizeof *mark);
        mark->mark = rule->mark == MARK_SET ? RULES_MARK : 0;
        mark->mask = RULES_MARK;
    }
    if (rule->by_owner) {
        struct xt_owner_match_info *owner = add(entry, "owner", 1, sizeof *owner);
        owner->match = XT_OWNER_UID;
        owner->uid_min = owner->uid_max = rule->owner;
    }
}

static const char *target_name(const struct rule *rule)
{
    switch (rule->target) {
    case TARGET_ACCEPT:
        return "ACCEPT";
    case TARGET_DROP:
        return "DROP";
    case TARGET_RETURN:
        return "RETURN";
    case TARGET_JUMP:
        return rule_chain_name(rule->to);
    case TARGET_LOG:
        return "NFLOG";
    case TARGET_MARK:
        return "CONNMARK";
    case TARGET_REJECT_RESET:
    case TARGET_REJECT_PORT:
        return "REJECT";
    case TARGET_REDIRECT:
        return "REDIRECT";
    }
    return "DROP";
}

static void add_reject(struct entry *entry, const struct rule *rule, int family)
{
    bool reset = rule->target == TARGET_REJECT_RESET;
    if (family == AF_INET) {
        struct ipt_reject_info *reject = add(entry, entry->target, 0, sizeof *reject);
        reject->with = reset ? IPT_TCP_RESET : IPT_ICMP_PORT_UNREACHABLE;
    } else {
        struct ip6t_reject_info *reject = add(entry, entry->target, 0, sizeof *reject);
        reject->with = reset ? IP6T_TCP_RESET : IP6T_ICMP6_PORT_UNREACH;
    }
}

static void add_redirect(struct entry *entry, const struct rule *rule, int family)
{
    uint16_t port = htons(rule->to_port);
    if (family == AF_INET) {
        struct nf_nat_ipv4_multi_range_compat *to = add(entry, entry->target, 0, sizeof *to);
        to->rangesize = 1;
        to->range[0].flags = NF_NAT_RANGE_PROTO_SPECIFIED;
        to->range[0].min.all = to->range[0].max.all = port;
    } else {
        struct nf_nat_range *to = add(entry, entry->target, 0, sizeof *to);
        to->flags = NF_NAT_RANGE_PROTO_SPECIFIED;
        to->min_proto.all = to->max_proto.all = port;
    }
}

static void add_target(struct entry *entry, const struct rule *rule, int family)
{
    entry->target = target_name(rule);
    entry->module = true;
    switch (rule->target) {
    case TARGET_LOG: {
        struct xt_nflog_info *log = add(entry, entry->target, 0, sizeof *log);
        log->len = RULES_NFLOG_SIZE;
        log->group = RULES_NFLOG_GROUP;
        log->flags = XT_NFLOG_F_COPY_LEN;
        log->threshold = XT_NFLOG_DEFAULT_THRESHOLD;
        memcpy(log->prefix, RULES_NFLOG_PREFIX, sizeof RULES_NFLOG_PREFIX);
        return;
    }
    case TARGET_MARK: {
        struct xt_connmark_tginfo2 *mark = add(entry, entry->target, 2, sizeof *mark);
        mark->mode = XT_CONNMARK_SET;
        mark->ctmark = RULES_MARK;
        mark->ctmask = RULES_MARK;
        return;
    }
    case TARGET_REJECT_RESET:
    case TARGET_REJECT_PORT:
        add_reject(entry, rule, family);
        return;
    case TARGET_REDIRECT:
        add_redirect(entry, rule, family);
        return;
    case TARGET_ACCEPT:
    case TARGET_DROP:
    case TARGET_RETURN:
    case TARGET_JUMP:
        /* libiptc puts in the verdict, by the name. */
        entry->module = false;
        (void)add(entry, entry->target, 0,
                  sizeof(struct xt_standard_target) - sizeof(struct xt_entry_target));
        return;
    }
}

void entry_build(const struct rule *rule, int family, struct entry *entry)
{
    memset(entry, 0, sizeof *entry);
    entry->size = head_size(family);
    if (family == AF_INET)
        head_v4(rule, &((struct ipt_entry *)(void *)entry->bytes)->ip);
    else
        head_v6(rule, &((struct ip6t_entry *)(void *)entry->bytes)->ipv6);
    add_matches(entry, rule);
    size_t target = entry->size;
    add_target(entry, rule, family);
    if (family == AF_INET) {
        struct ipt_entry *head = (void *)entry->bytes;
        head->target_offset = (uint16_t)target;
        head->next_offset = (uint16_t)entry->size;
    } else {
        struct ip6t_entry *head = (void *)entry->bytes;
        head->target_offset = (uint16_t)target;
        head->next_offset = (uint16_t)entry->size;
    }
}

/* Headers and data; names only up to their NUL, for the kernel writes no further. */
static bool same_part(const struct xt_entry_match *a, const struct xt_entry_match *b)
{
    return a->u.user.match_size == b->u.user.match_size &&
           a->u.user.revision == b->u.user.revision &&
           strncmp(a->u.user.name, b->u.user.name, sizeof a->u.user.name) == 0 &&
           memcmp(a->data, b->data, a->u.user.match_size - sizeof *a) == 0;
}

bool entry_equals(const struct entry *entry, int family, const void *found,
                  const char *found_target)
{
    size_t end = target_offset(entry->bytes, family);
    if (memcmp(entry->bytes, found, selector_size(family)) != 0 ||
        target_offset(found, family) != end || !found_target ||
        strcmp(found_target, entry->target) != 0)
        return false;
    size_t at = head_size(family);
    while (at < end || (at == end && entry->module)) {
        const struct xt_entry_match *part = (const void *)(entry->bytes + at);
        if (!same_part(part, (const void *)((const char *)found + at)))
            return false;
        at += part->u.user.match_size;
    }
    return true;
}

bool entry_each_part(const struct entry *entry, int family,
                     bool (*visit)(const struct entry_part *part, void *context), void *context)
{
    size_t end = target_offset(entry->bytes, family);
    size_t at = head_size(family);
    while (at < end || (at == end && entry->module)) {
        const struct xt_entry_match *match = (const void *)(entry->bytes + at);
        struct entry_part part = {match->u.user.name, match->u.user.revision, at == end};
        if (!visit(&part, context))
            return false;
        at += match->u.user.match_size;
    }
    return true;
}
