/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "shared/cleanup.h"

enum { RECEIVE_BYTES = 64 << 10 };

static const size_t attribute_head = sizeof(struct nlattr); /* aligned as it is */

static size_t aligned(size_t size)
{
    return (size + NLA_ALIGNTO - 1) / NLA_ALIGNTO * NLA_ALIGNTO;
}

void netlink_batch_free(struct netlink_batch *batch)
{
    buf_free(&batch->bytes);
}

static void append(struct netlink_batch *batch, const void *data, size_t size)
{
    static const char padding[NLA_ALIGNTO];
    size_t pad = aligned(size) - size;
    if (buf_append(&batch->bytes, data, size) != 0 ||
        buf_append(&batch->bytes, padding, pad) != 0)
        batch->failed = true;
}

/* The length field of the message that is being written. */
static void close_message(struct netlink_batch *batch)
{
    if (batch->failed || batch->sequence == 0)
        return;
    struct nlmsghdr *message = (void *)(batch->bytes.data + batch->message);
    message->nlmsg_len = (uint32_t)(batch->bytes.length - batch->message);
}

void netlink_begin(struct netlink_batch *batch, uint16_t type, uint16_t flags,
                   const void *header, size_t size)
{
    close_message(batch);
    batch->message = batch->bytes.length;
    struct nlmsghdr message = {
        .nlmsg_type = type,
        .nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST),
        .nlmsg_seq = ++batch->sequence,
    };
    append(batch, &message, sizeof message);
    append(batch, header, size);
}

void netlink_put(struct netlink_batch *batch, uint16_t type, const void *data, size_t size)
{
    struct nlattr attribute = {.nla_len = (uint16_t)(attribute_head + size), .nla_type = type};
    append(batch, &attribute, sizeof attribute);
    append(batch, data, size);
}

void netlink_put_u8(struct netlink_batch *batch, uint16_t type, uint8_t value)
{
    netlink_put(batch, type, &value, sizeof value);
}

void netlink_put_be16(struct netlink_batch *batch, uint16_t type, uint16_t value)
{
    uint16_t network = htons(value);
    netlink_put(batch, type, &network, sizeof network);
}

void netlink_put_be32(struct netlink_batch *batch, uint16_t type, uint32_t value)
{
    uint32_t network = htonl(value);
    netlink_put(batch, type, &network, sizeof network);
}

void netlink_put_text(struct netlink_batch *batch, uint16_t type, const char *text)
{
    netlink_put(batch, type, text, strlen(text) + 1);
}

size_t netlink_nest(struct netlink_batch *batch, uint16_t type)
{
    size_t nest = batch->bytes.length;
    netlink_put(batch, type | NLA_F_NESTED, "", 0);
    return nest;
}

void netlink_end(struct netlink_batch *batch, size_t nest)
{
    if (batch->failed)
        return;
    struct nlattr *attribute = (void *)(batch->bytes.data + nest);
    attribute->nla_len = (uint16_t)(batch->bytes.length - nest);
}

void netlink_acknowledge(struct netlink_batch *batch)
{
    if (batch->failed)
        return;
    struct nlmsghdr *message = (void *)(batch->bytes.data + batch->message);
    message->nlmsg_flags |= NLM_F_ACK;
}

int netlink_open(int protocol)
{
    struct timeval limit = {.tv_sec = NETLINK_SECONDS};
    cleanup_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0)
        return -1;
    return take_fd(&fd);
}

static int send_batch(int fd, struct netlink_batch *batch)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    close_message(batch);
    if (batch->failed) {
        errno = ENOMEM;
        return -1;
    }
    /* Whoever may change a firewall may have a buffer that holds its rules. */
    int room = (int)batch->bytes.length * 2;
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
    ssize_t sent = sendto(fd, batch->bytes.data, batch->bytes.length, 0,
                          (struct sockaddr *)&kernel, sizeof kernel);
    return sent == (ssize_t)batch->bytes.length ? 0 : -1;
}

/* What came of an exchange so far. */
struct talk {
    uint32_t last;
    netlink_answer *answer;
    void *context;
    int error; /* the first */
    uint32_t at;
    bool over;
};

static void one_message(struct talk *talk, const struct nlmsghdr *message)
{
    int error = 0;
    if (message->nlmsg_flags & NLM_F_DUMP_INTR)
        error = EINTR;
    if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) {
        /* Both begin with the errno, negated. */
        int number = 0;
        if (message->nlmsg_len >= NLMSG_LENGTH(sizeof number))
            memcpy(&number, NLMSG_DATA(message), sizeof number);
        error = number ? -number : error;
        /* The first message opens a batch: its failure is that of all. */
        talk->over = message->nlmsg_seq == talk->last || (error && message->nlmsg_seq <= 1);
    } else if (!error && talk->answer && talk->answer(message, talk->context) != 0) {
        error = errno;
    }
    if (error && !talk->error) {
        talk->error = error;
        talk->at = message->nlmsg_seq;
    }
}

int netlink_talk(int fd, struct netlink_batch *batch, uint32_t last, netlink_answer *answer,
                 void *context, uint32_t *at)
{
    static _Alignas(struct nlmsghdr) char bytes[RECEIVE_BYTES];
    struct talk talk = {.last = last, .answer = answer, .context = context};
    if (at)
        *at = 0;
    if (send_batch(fd, batch) != 0)
        return -1;
    while (!talk.over) {
        struct sockaddr_nl from = {0};
        socklen_t from_length = sizeof from;
        ssize_t got =
            recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &from_length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (from.nl_pid != 0) /* not the kernel */
            continue;
        unsigned left = (unsigned)got;
        for (const struct nlmsghdr *m = (const void *)bytes; NLMSG_OK(m, left);
             m = NLMSG_NEXT(m, left))
            one_message(&talk, m);
    }
    if (!talk.error)
        return 0;
    if (at)
        *at = talk.at;
    errno = talk.error;
    return -1;
}

/* The attribute at `*at`, which is moved behind it; NULL at the end. */
static const struct nlattr *next(const char **at, size_t *left)
{
    const struct nlattr *attribute = (const void *)*at;
    if (*left < attribute_head || attribute->nla_len < attribute_head ||
        attribute->nla_len > *left)
        return NULL;
    size_t step = aligned(attribute->nla_len);
    step = step > *left ? *left : step;
    *at += step;
    *left -= step;
    return attribute;
}

static uint16_t type_of(const struct nlattr *attribute)
{
    return attribute->nla_type & (uint16_t)NLA_TYPE_MASK;
}

/* The attribute of that type before which there are `skip` others of it. */
static const struct nlattr *find(const void *attributes, size_t length, uint16_t type,
                                 unsigned skip)
{
    const char *at = attributes;
    for (const struct nlattr *a; (a = next(&at, &length));)
        if (type_of(a) == type && skip-- == 0)
            return a;
    return NULL;
}

const struct nlattr *netlink_find(const void *attributes, size_t length, uint16_t type)
{
    return find(attributes, length, type, 0);
}

const void *netlink_payload(const struct nlattr *attribute)
{
    return (const char *)attribute + attribute_head;
}

size_t netlink_payload_length(const struct nlattr *attribute)
{
    return attribute->nla_len - attribute_head;
}

const char *netlink_text(const struct nlattr *attribute)
{
    if (!attribute ||
        !memchr(netlink_payload(attribute), '\0', netlink_payload_length(attribute)))
        return "";
    return netlink_payload(attribute);
}

bool netlink_holds(const void *have, size_t have_length, const void *want, size_t want_length)
{
    const char *at = want;
    size_t left = want_length;
    for (const struct nlattr *w; (w = next(&at, &left));) {
        unsigned earlier = 0;
        while (find(want, want_length, type_of(w), earlier) != w)
            earlier++;
        const struct nlattr *h = find(have, have_length, type_of(w), earlier);
        if (!h)
            return false;
        size_t h_length = netlink_payload_length(h), w_length = netlink_payload_length(w);
        if (w->nla_type & NLA_F_NESTED
                ? !netlink_holds(netlink_payload(h), h_length, netlink_payload(w), w_length)
                : h_length != w_length ||
                      memcmp(netlink_payload(h), netlink_payload(w), w_length) != 0)
            return false;
    }
    return true;
}
