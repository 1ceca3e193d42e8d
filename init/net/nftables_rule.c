/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each test loads something into register 1 and compares it there; the first that fails ends
 * the rule.
 */
#include "init/net/nftables_rule.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>

enum { /* where things are: RFC 791 3.1, RFC 8200 3, RFC 9293 3.1, RFC 768, RFC 4443 2.1 */
       V4_SOURCE = 12,
       V4_DESTINATION = 16,
       V6_SOURCE = 8,
       V6_DESTINATION = 24,
       V6_HOP_LIMIT = 7,
       SOURCE_PORT = 0,
       DESTINATION_PORT = 2,
       TCP_FLAGS = 13,
       ICMP_TYPE = 0,
       FLAG_FIN = 0x01,
       FLAG_SYN = 0x02,
       FLAG_RST = 0x04,
       FLAG_ACK = 0x10,
       V4_PORT_UNREACHABLE = 3, /* codes: RFC 792, RFC 4443 3.1 */
       V6_PORT_UNREACHABLE = 4,
       CT_STATE_NEW = 1 << (IP_CT_NEW + 1), /* NF_CT_STATE_BIT() */
       CT_STATE_ESTABLISHED = 1 << (IP_CT_ESTABLISHED + 1),
       CT_STATE_RELATED = 1 << (IP_CT_RELATED + 1),
};

struct nests {
    size_t element, data;
};

static struct nests begin(struct netlink_batch *b, const char *name)
{
    struct nests nests;
    nests.element = netlink_nest(b, NFTA_LIST_ELEM);
    netlink_put_text(b, NFTA_EXPR_NAME, name);
    nests.data = netlink_nest(b, NFTA_EXPR_DATA);
    return nests;
}

static void end(struct netlink_batch *b, struct nests nests)
{
    netlink_end(b, nests.data);
    netlink_end(b, nests.element);
}

static void put_value(struct netlink_batch *b, uint16_t type, const void *value, size_t size)
{
    size_t nest = netlink_nest(b, type);
    netlink_put(b, NFTA_DATA_VALUE, value, size);
    netlink_end(b, nest);
}

/* meta and ct: something that the kernel knows of the packet. */
static void load(struct netlink_batch *b, const char *name, uint16_t register_attribute,
                 uint16_t key_attribute, uint32_t key)
{
    struct nests nests = begin(b, name);
    netlink_put_be32(b, key_attribute, key);
    netlink_put_be32(b, register_attribute, NFT_REG_1);
    end(b, nests);
}

static void load_meta(struct netlink_batch *b, enum nft_meta_keys key)
{
    load(b, "meta", NFTA_META_DREG, NFTA_META_KEY, key);
}

static void load_ct(struct netlink_batch *b, enum nft_ct_keys key)
{
    load(b, "ct", NFTA_CT_DREG, NFTA_CT_KEY, key);
}

/* Something that stands in the packet. */
static void load_payload(struct netlink_batch *b, enum nft_payload_bases base, uint32_t offset,
                         uint32_t length)
{
    struct nests nests = begin(b, "payload");
    netlink_put_be32(b, NFTA_PAYLOAD_DREG, NFT_REG_1);
    netlink_put_be32(b, NFTA_PAYLOAD_BASE, base);
    netlink_put_be32(b, NFTA_PAYLOAD_OFFSET, offset);
    netlink_put_be32(b, NFTA_PAYLOAD_LEN, length);
    end(b, nests);
}

/* Register 1 becomes (itself & mask) ^ flip. */
static void mask(struct netlink_batch *b, const void *bits, const void *flip, size_t size)
{
    struct nests nests = begin(b, "bitwise");
    netlink_put_be32(b, NFTA_BITWISE_SREG, NFT_REG_1);
    netlink_put_be32(b, NFTA_BITWISE_DREG, NFT_REG_1);
    netlink_put_be32(b, NFTA_BITWISE_LEN, (uint32_t)size);
    put_value(b, NFTA_BITWISE_MASK, bits, size);
    put_value(b, NFTA_BITWISE_XOR, flip, size);
    end(b, nests);
}

static void compare(struct netlink_batch *b, enum nft_cmp_ops op, const void *with, size_t size)
{
    struct nests nests = begin(b, "cmp");
    netlink_put_be32(b, NFTA_CMP_SREG, NFT_REG_1);
    netlink_put_be32(b, NFTA_CMP_OP, op);
    put_value(b, NFTA_CMP_DATA, with, size);
    end(b, nests);
}

/* Any of the bits of what is loaded, a number of the kernel's. */
static void any_of(struct netlink_batch *b, uint32_t bits)
{
    static const uint32_t zero;
    mask(b, &bits, &zero, sizeof bits);
    compare(b, NFT_CMP_NEQ, &zero, sizeof zero);
}

static void put_device(struct netlink_batch *b, enum nft_meta_keys key, enum rule_device device)
{
    static const char name[IFNAMSIZ] = "lo"; /* all of it: exactly this name, no prefix */
    if (device == DEVICE_ANY)
        return;
    load_meta(b, key);
    compare(b, device == DEVICE_LO ? NFT_CMP_EQ : NFT_CMP_NEQ, name, sizeof name);
}

static void put_address(struct netlink_batch *b, int family, uint32_t v4_offset,
                        uint32_t v6_offset, const struct rule_address *address)
{
    static const uint8_t zero[16];
    uint8_t bits[16] = {0};
    uint32_t size = family == AF_INET ? 4 : 16;
    if (address->prefix == 0)
        return;
    load_payload(b, NFT_PAYLOAD_NETWORK_HEADER, family == AF_INET ? v4_offset : v6_offset,
                 size);
    for (unsigned i = 0; i < address->prefix; i++)
        bits[i / 8] |= (uint8_t)(0x80 >> (i % 8));
    if (address->prefix < 8 * size)
        mask(b, bits, zero, size);
    compare(b, NFT_CMP_EQ, address->bytes, size);
}

static void put_port(struct netlink_batch *b, uint32_t offset, uint16_t port)
{
    uint16_t network = htons(port);
    if (port == 0)
        return;
    load_payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, offset, sizeof network);
    compare(b, NFT_CMP_EQ, &network, sizeof network);
}

static void put_transport(struct netlink_batch *b, const struct rule *rule)
{
    static const uint8_t zero, flags = FLAG_FIN | FLAG_SYN | FLAG_RST | FLAG_ACK,
                               syn = FLAG_SYN, hop_limit = 255;
    if (rule->protocol) {
        load_meta(b, NFT_META_L4PROTO);
        compare(b, NFT_CMP_EQ, &rule->protocol, sizeof rule->protocol);
    }
    put_port(b, SOURCE_PORT, rule->source_port);
    put_port(b, DESTINATION_PORT, rule->destination_port);
    if (rule->syn != SYN_ANY) {
        load_payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, TCP_FLAGS, sizeof flags);
        mask(b, &flags, &zero, sizeof flags);
        compare(b, rule->syn == SYN_ONLY ? NFT_CMP_EQ : NFT_CMP_NEQ, &syn, sizeof syn);
    }
    if (rule->neighbour) {
        load_payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, ICMP_TYPE, sizeof rule->neighbour);
        compare(b, NFT_CMP_EQ, &rule->neighbour, sizeof rule->neighbour);
        load_payload(b, NFT_PAYLOAD_NETWORK_HEADER, V6_HOP_LIMIT, sizeof hop_limit);
        compare(b, NFT_CMP_EQ, &hop_limit, sizeof hop_limit);
    }
}

static void put_connection(struct netlink_batch *b, const struct rule *rule)
{
    static const struct {
        unsigned ours;
        uint32_t kernels;
    } states[] = {
        {STATE_NEW, CT_STATE_NEW},
        {STATE_ESTABLISHED, CT_STATE_ESTABLISHED},
        {STATE_RELATED, CT_STATE_RELATED},
    };
    static const uint32_t marked = RULES_MARK, zero;
    uint32_t wanted = 0;
    for (size_t i = 0; i < array_length(states); i++)
        if (rule->states & states[i].ours)
            wanted |= states[i].kernels;
    if (wanted) {
        load_ct(b, NFT_CT_STATE);
        any_of(b, wanted);
    }
    if (rule->assured) {
        load_ct(b, NFT_CT_STATUS);
        any_of(b, IPS_ASSURED);
    }
    if (rule->redirected) {
        load_ct(b, NFT_CT_STATUS);
        any_of(b, IPS_DST_NAT);
    }
    if (rule->direction != DIRECTION_ANY) {
        uint8_t direction =
            rule->direction == DIRECTION_ORIGINAL ? IP_CT_DIR_ORIGINAL : IP_CT_DIR_REPLY;
        load_ct(b, NFT_CT_DIRECTION);
        compare(b, NFT_CMP_EQ, &direction, sizeof direction);
    }
    if (rule->mark != MARK_ANY) {
        load_ct(b, NFT_CT_MARK);
        mask(b, &marked, &zero, sizeof marked);
        compare(b, NFT_CMP_EQ, rule->mark == MARK_SET ? &marked : &zero, sizeof marked);
    }
    if (rule->by_owner) {
        uint32_t owner = rule->owner;
        load_meta(b, NFT_META_SKUID);
        compare(b, NFT_CMP_EQ, &owner, sizeof owner);
    }
}

static void put_verdict(struct netlink_batch *b, int verdict, const char *chain)
{
    struct nests nests = begin(b, "immediate");
    netlink_put_be32(b, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
    size_t data = netlink_nest(b, NFTA_IMMEDIATE_DATA);
    size_t nest = netlink_nest(b, NFTA_DATA_VERDICT);
    netlink_put_be32(b, NFTA_VERDICT_CODE, (uint32_t)verdict);
    if (chain)
        netlink_put_text(b, NFTA_VERDICT_CHAIN, chain);
    netlink_end(b, nest);
    netlink_end(b, data);
    end(b, nests);
}

static void put_log(struct netlink_batch *b)
{
    struct nests nests = begin(b, "log");
    netlink_put_text(b, NFTA_LOG_PREFIX, RULES_NFLOG_PREFIX);
    netlink_put_be16(b, NFTA_LOG_GROUP, RULES_NFLOG_GROUP);
    netlink_put_be32(b, NFTA_LOG_SNAPLEN, RULES_NFLOG_SIZE);
    end(b, nests);
}

static void put_mark(struct netlink_batch *b)
{
    static const uint32_t others = ~(uint32_t)RULES_MARK, marked = RULES_MARK;
    load_ct(b, NFT_CT_MARK);
    mask(b, &others, &marked, sizeof marked);
    load(b, "ct", NFTA_CT_SREG, NFTA_CT_KEY, NFT_CT_MARK);
}

static void put_reject(struct netlink_batch *b, bool reset, int family)
{
    struct nests nests = begin(b, "reject");
    netlink_put_be32(b, NFTA_REJECT_TYPE, reset ? NFT_REJECT_TCP_RST : NFT_REJECT_ICMP_UNREACH);
    if (!reset)
        netlink_put_u8(b, NFTA_REJECT_ICMP_CODE,
                       family == AF_INET ? V4_PORT_UNREACHABLE : V6_PORT_UNREACHABLE);
    end(b, nests);
}

static void put_redirect(struct netlink_batch *b, uint16_t port)
{
    uint16_t network = htons(port);
    struct nests nests = begin(b, "immediate");
    netlink_put_be32(b, NFTA_IMMEDIATE_DREG, NFT_REG_1);
    put_value(b, NFTA_IMMEDIATE_DATA, &network, sizeof network);
    end(b, nests);
    nests = begin(b, "redir");
    netlink_put_be32(b, NFTA_REDIR_REG_PROTO_MIN, NFT_REG_1);
    netlink_put_be32(b, NFTA_REDIR_FLAGS, NF_NAT_RANGE_PROTO_SPECIFIED);
    end(b, nests);
}

static void put_target(struct netlink_batch *b, const struct rule *rule, int family)
{
    switch (rule->target) {
    case TARGET_ACCEPT:
        put_verdict(b, NF_ACCEPT, NULL);
        return;
    case TARGET_DROP:
        put_verdict(b, NF_DROP, NULL);
        return;
    case TARGET_RETURN:
        put_verdict(b, NFT_RETURN, NULL);
        return;
    case TARGET_JUMP:
        put_verdict(b, NFT_JUMP, rule_chain_name(rule->to));
        return;
    case TARGET_LOG:
        put_log(b);
        return;
    case TARGET_MARK:
        put_mark(b);
        return;
    case TARGET_REJECT_RESET:
    case TARGET_REJECT_PORT:
        put_reject(b, rule->target == TARGET_REJECT_RESET, family);
        return;
    case TARGET_REDIRECT:
        put_redirect(b, rule->to_port);
        return;
    }
}

void nftables_rule_put(struct netlink_batch *batch, const struct rule *rule, int family)
{
    size_t expressions = netlink_nest(batch, NFTA_RULE_EXPRESSIONS);
    put_address(batch, family, V4_SOURCE, V6_SOURCE, &rule->source);
    put_address(batch, family, V4_DESTINATION, V6_DESTINATION, &rule->destination);
    put_device(batch, NFT_META_IIFNAME, rule->in);
    put_device(batch, NFT_META_OIFNAME, rule->out);
    put_transport(batch, rule);
    put_connection(batch, rule);
    put_target(batch, rule, family);
    netlink_end(batch, expressions);
}
