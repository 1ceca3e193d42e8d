/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/connections.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/inet_diag.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/sock_diag.h>

#include "init/net/netlink.h"
#include "init/net/rules.h"
#include "shared/cleanup.h"

enum {
    SHOWN_MAX = 8,
    ESTABLISHED = 1, /* include/net/tcp_states.h, the same numbers as in netinet/tcp.h */
    LISTENING = 10,
    ALL_STATES = 0xfff,
};

/* An address as v6 has it, v4 mapped. */
static struct in6_addr address_of(uint8_t family, const __be32 words[4])
{
    struct in6_addr address = IN6ADDR_ANY_INIT;
    if (family == AF_INET6) {
        memcpy(&address, words, sizeof address);
        return address;
    }
    address.s6_addr[10] = address.s6_addr[11] = 0xff;
    memcpy(&address.s6_addr[12], words, 4);
    return address;
}

/* With the box itself: its loopback addresses, or one of its own with the same. */
static bool is_local(const struct inet_diag_msg *socket)
{
    struct in6_addr own = address_of(socket->idiag_family, socket->id.idiag_src);
    struct in6_addr peer = address_of(socket->idiag_family, socket->id.idiag_dst);
    return memcmp(&own, &peer, sizeof own) == 0 || IN6_IS_ADDR_LOOPBACK(&peer) ||
           (IN6_IS_ADDR_V4MAPPED(&peer) && peer.s6_addr[12] == IN_LOOPBACKNET);
}

static const struct inet_diag_msg *socket_of(const struct nlmsghdr *message)
{
    const struct inet_diag_msg *socket = NLMSG_DATA(message);
    if (message->nlmsg_len < NLMSG_LENGTH(sizeof *socket) || is_local(socket))
        return NULL;
    return socket;
}

/* Every TCP socket in one of these states, of both families. */
static int each_socket(int fd, uint32_t states, netlink_answer *answer, void *context)
{
    static const uint8_t families[] = {AF_INET6, AF_INET};
    for (size_t i = 0; i < array_length(families); i++) {
        const struct inet_diag_req_v2 head = {
            .sdiag_family = families[i], .sdiag_protocol = IPPROTO_TCP, .idiag_states = states};
        cleanup_netlink_batch struct netlink_batch ask = NETLINK_BATCH_INIT;
        netlink_begin(&ask, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &head, sizeof head);
        /* EINTR: some came or went meanwhile. ENOENT: no such family in this kernel. */
        if (netlink_talk(fd, &ask, ask.sequence, answer, context, NULL) != 0 &&
            errno != EINTR && errno != ENOENT)
            return -1;
    }
    return 0;
}

/* Those that are established. The older request has both families in one run through the
 * kernel's table, which is as long as the machine is large, and nothing that ends a socket. */
static int each_established(int fd, netlink_answer *answer, void *context)
{
    const struct inet_diag_req head = {.idiag_states = 1u << ESTABLISHED};
    cleanup_netlink_batch struct netlink_batch ask = NETLINK_BATCH_INIT;
    netlink_begin(&ask, TCPDIAG_GETSOCK, NLM_F_DUMP, &head, sizeof head);
    return netlink_talk(fd, &ask, ask.sequence, answer, context, NULL) == 0 || errno == EINTR
               ? 0
               : -1;
}

struct listing {
    struct buf *out;
    uid_t gate; /* whose sockets are the other halves of the agent's */
    int count;
};

static int list_one(const struct nlmsghdr *message, void *context)
{
    struct listing *listing = context;
    const struct inet_diag_msg *socket = socket_of(message);
    char text[INET6_ADDRSTRLEN];
    if (!socket || (listing->gate != 0 && socket->idiag_uid == listing->gate))
        return 0;
    listing->count++;
    if (listing->count > SHOWN_MAX)
        return listing->count == SHOWN_MAX + 1 ? buf_puts(listing->out, ", …") : 0;
    struct in6_addr peer = address_of(socket->idiag_family, socket->id.idiag_dst);
    bool v4 = IN6_IS_ADDR_V4MAPPED(&peer);
    inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? &peer.s6_addr[12] : peer.s6_addr, text,
              sizeof text);
    return buf_printf(listing->out, "%s%s%s%s:%u", listing->count > 1 ? ", " : "",
                      v4 ? "" : "[", text, v4 ? "" : "]", ntohs(socket->id.idiag_dport));
}

int connections_list(struct buf *out, uid_t gate, struct error *err)
{
    struct listing listing = {.out = out, .gate = gate};
    cleanup_fd int fd = netlink_open(NETLINK_SOCK_DIAG);
    if (fd < 0 || each_established(fd, list_one, &listing) != 0)
        return error_errno(err, "cannot list the box's connections");
    return listing.count;
}

static int end_one(const struct nlmsghdr *message, void *context)
{
    struct netlink_batch *endings = context;
    const struct inet_diag_msg *socket = socket_of(message);
    if (!socket)
        return 0;
    const struct inet_diag_req_v2 head = {.sdiag_family = socket->idiag_family,
                                          .sdiag_protocol = IPPROTO_TCP,
                                          .idiag_states = 1u << socket->idiag_state,
                                          .id = socket->id};
    netlink_begin(endings, SOCK_DESTROY, 0, &head, sizeof head);
    return 0;
}

/* Connection tracking forgets what was let through: it is not established any more. */
static int forget(struct error *err)
{
    static const uint8_t families[] = {AF_INET6, AF_INET};
    cleanup_fd int fd = netlink_open(NETLINK_NETFILTER);
    for (size_t i = 0; fd >= 0 && i < array_length(families); i++) {
        struct nfgenmsg head = {.nfgen_family = families[i], .version = NFNETLINK_V0};
        cleanup_netlink_batch struct netlink_batch b = NETLINK_BATCH_INIT;
        netlink_begin(&b, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE, NLM_F_ACK, &head,
                      sizeof head);
        netlink_put_be32(&b, CTA_MARK, RULES_MARK);
        netlink_put_be32(&b, CTA_MARK_MASK, RULES_MARK);
        /* ENOENT: there was none. */
        if (netlink_talk(fd, &b, b.sequence, NULL, NULL, NULL) != 0 && errno != ENOENT)
            return error_errno(err, "cannot make the kernel forget its connections");
    }
    return fd >= 0 ? 0 : error_errno(err, "cannot open a netlink socket");
}

int connections_cut(struct error *err)
{
    cleanup_netlink_batch struct netlink_batch endings = NETLINK_BATCH_INIT;
    cleanup_fd int fd = netlink_open(NETLINK_SOCK_DIAG);
    if (fd < 0 || each_socket(fd, ALL_STATES & ~(1u << LISTENING), end_one, &endings) != 0)
        return error_errno(err, "cannot list the box's connections");
    int count = (int)endings.sequence;
    /* Only what fails is answered, and the last. */
    if (count > 0)
        netlink_acknowledge(&endings);
    /* ENOENT: it ended by itself. EOPNOTSUPP: a kernel without INET_DIAG_DESTROY; the sockets
     * then learn of it when they next send. */
    if (count > 0 && netlink_talk(fd, &endings, endings.sequence, NULL, NULL, NULL) != 0 &&
        errno != ENOENT && errno != EOPNOTSUPP)
        return error_errno(err, "cannot end the box's connections");
    return forget(err) != 0 ? -1 : count;
}
