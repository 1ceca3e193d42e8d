/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the firewall refused by itself, for the one list of refusals. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>

#include "init/net/gate.h"
#include "init/net/netlink.h"
#include "init/net/nflog_packet.h"

enum { MESSAGES_MAX = 64 * 1024, READS_A_TURN = 8 };

/* As rules, names and people know it. */
/* Returns why no allow would help, or NULL. */
static const char *name_of(const struct gate *gate, const struct nflog_packet *packet,
                           char *name, size_t size)
{
    struct address address = {.family = packet->family};
    const char *known = NULL;
    uint32_t v4;
    memcpy(address.bytes, packet->address, sizeof address.bytes);
    memcpy(&v4, packet->address, sizeof v4);
    if (packet->family == AF_INET && names_is_synthetic(ntohl(v4)))
        known = names_name(gate->names, ntohl(v4));
    else
        known = lookup_hosts_name(gate->lookup, &address);
    if (known)
        (void)snprintf(name, size, "%s", known);
    else
        (void)inet_ntop(packet->family, packet->address, name, (socklen_t)size);
    return !known && packet->family == AF_INET && names_is_synthetic(ntohl(v4)) ? names_fault
                                                                                : NULL;
}

/* Redirected, and refused on the way to us in a lockdown: for whom it was is not in it. */
static bool is_loopback(const struct nflog_packet *packet)
{
    return packet->family == AF_INET
               ? packet->address[0] == IN_LOOPBACKNET
               : memcmp(packet->address, &in6addr_loopback, sizeof in6addr_loopback) == 0;
}

/* The kernel itself, which looks for neighbours and routers: not the agent. */
static bool is_multicast(const struct nflog_packet *packet)
{
    return packet->family == AF_INET6 ? packet->address[0] == 0xff
                                      : packet->address[0] >> 4 == 0xe;
}

static void refused(struct gate *gate, const struct nlmsghdr *message)
{
    const size_t head = NLMSG_LENGTH(sizeof(struct nfgenmsg));
    if (message->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET) ||
        message->nlmsg_len < head)
        return;
    const uint8_t *attributes = (const uint8_t *)message + head;
    const size_t length = message->nlmsg_len - head;
    const struct nlattr *about = netlink_find(attributes, length, NFULA_PACKET_HDR),
                        *bytes = netlink_find(attributes, length, NFULA_PAYLOAD);
    struct nfulnl_msg_packet_hdr header;
    struct nflog_packet packet;
    char name[sizeof((struct gate_frame *)0)->name];
    if (!about || !bytes || netlink_payload_length(about) < sizeof header)
        return;
    memcpy(&header, netlink_payload(about), sizeof header);
    if (header.hook != NF_INET_LOCAL_OUT && header.hook != NF_INET_POST_ROUTING)
        return; /* somebody outside wanted to get in */
    if (nflog_packet_parse(netlink_payload(bytes), netlink_payload_length(bytes), &packet) <
            0 ||
        is_loopback(&packet) || (packet.via == VIA_ICMP && is_multicast(&packet)))
        return;
    const char *fault = name_of(gate, &packet, name, sizeof name);
    gate_refused_for(gate, packet.via, name, packet.port, fault, NULL);
}

static void ready(struct watch *watch, uint32_t events)
{
    static _Alignas(NLMSG_ALIGNTO) uint8_t bytes[MESSAGES_MAX];
    struct gate *gate = member_of(watch, struct gate, nflog);
    (void)events;
    for (int i = 0; i < READS_A_TURN; i++) {
        ssize_t n = recv(watch->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (n <= 0)
            return;
        const size_t length = (size_t)n;
        const struct nlmsghdr *message;
        for (size_t at = 0; at + sizeof *message <= length;
             at += NLMSG_ALIGN(message->nlmsg_len)) {
            message = (const void *)(bytes + at);
            if (message->nlmsg_len < sizeof *message || message->nlmsg_len > length - at)
                break;
            refused(gate, message);
        }
    }
}

int gate_nflog_open(struct gate *gate, int nflog, struct error *err)
{
    gate->nflog = (struct watch){.fd = nflog, .ready = ready};
    return nflog < 0 || reactor_add_input(&gate->reactor, &gate->nflog) == 0
               ? 0
               : error_errno(err, "the gate cannot wait for what the firewall refuses");
}
