/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small netlink(7): writes messages into a buffer, sends them, reads the answers. For
 * nf_tables, conntrack, sock_diag and rtnetlink. libmnl would do the same, but Debian has no
 * static library of it; libnl brings caches and objects that are not needed here.
 */
#ifndef CLAUDEX_INIT_NET_NETLINK_H
#define CLAUDEX_INIT_NET_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/buf.h"

enum {
    NETLINK_BATCH_MAX = 64 << 20, /* bytes of messages that are sent together */
    NETLINK_SECONDS = 5,          /* the kernel answers at once, or something is very wrong */
};

/* Messages to send in one piece. A failure to grow is kept and reported when sending. */
struct netlink_batch {
    struct buf bytes;
    size_t message;    /* where the one being written begins */
    uint32_t sequence; /* its number, from 1 */
    bool failed;
};
#define NETLINK_BATCH_INIT                                                                     \
    {                                                                                          \
        .bytes = BUF_INIT(NETLINK_BATCH_MAX)                                                   \
    }
void netlink_batch_free(struct netlink_batch *batch);
#define cleanup_netlink_batch cleanup_with(netlink_batch_free)

/* Begins a message: its header, then the protocol's header. It ends where the next begins. */
void netlink_begin(struct netlink_batch *batch, uint16_t type, uint16_t flags,
                   const void *header, size_t size);
void netlink_put(struct netlink_batch *batch, uint16_t type, const void *data, size_t size);
void netlink_put_u8(struct netlink_batch *batch, uint16_t type, uint8_t value);
void netlink_put_be16(struct netlink_batch *batch, uint16_t type, uint16_t value);
void netlink_put_be32(struct netlink_batch *batch, uint16_t type, uint32_t value);
void netlink_put_text(struct netlink_batch *batch, uint16_t type, const char *text);
/* An attribute that holds others, until netlink_end() of what this returned. */
size_t netlink_nest(struct netlink_batch *batch, uint16_t type);
void netlink_end(struct netlink_batch *batch, size_t nest);

/* Asks for an acknowledgement of the message being written: what netlink_talk() waits for. */
void netlink_acknowledge(struct netlink_batch *batch);

/* A socket whose receives end after NETLINK_SECONDS; -1 with errno. */
int netlink_open(int protocol);

/* Called for each message that is an answer; not 0 ends the exchange with -1 and its errno. */
typedef int netlink_answer(const struct nlmsghdr *message, void *context);

/*
 * Sends the batch and reads until the message `last` (a sequence number) was acknowledged or,
 * for a dump, done. 0; or -1 with errno, and in *at (if not NULL) the sequence number of the
 * message that the kernel refused, 0 if it was none in particular. EINTR: what was dumped
 * changed during the dump.
 */
int netlink_talk(int fd, struct netlink_batch *batch, uint32_t last, netlink_answer *answer,
                 void *context, uint32_t *at);

/*
 * Is every attribute of `want` in `have`, in the same order among those of its type and with
 * the same bytes? Those that netlink_nest() wrote are compared in the same way, so that
 * attributes that the kernel adds do no harm.
 */
bool netlink_holds(const void *have, size_t have_length, const void *want, size_t want_length);

/* The first attribute of a type among these, or NULL; its payload and length. */
const struct nlattr *netlink_find(const void *attributes, size_t length, uint16_t type);
const void *netlink_payload(const struct nlattr *attribute);
size_t netlink_payload_length(const struct nlattr *attribute);
/* The payload as text if it is one that ends within it, otherwise "". */
const char *netlink_text(const struct nlattr *attribute);

#endif
