/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/datagrams.h"

#include <string.h>
#include <sys/uio.h>

/* The calls' own view of the list. */
static void describe(struct datagrams *datagrams, size_t count, struct mmsghdr *messages,
                     struct iovec *parts)
{
    for (size_t i = 0; i < count; i++) {
        struct datagram *datagram = &datagrams->list[i];
        parts[i] = (struct iovec){.iov_base = datagram->bytes, .iov_len = datagram->length};
        messages[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &datagram->peer,
                                                   .msg_namelen = datagram->peer_length,
                                                   .msg_iov = &parts[i],
                                                   .msg_iovlen = 1}};
    }
}

size_t datagrams_receive(struct datagrams *datagrams, int fd)
{
    struct mmsghdr messages[DATAGRAMS_MAX];
    struct iovec parts[DATAGRAMS_MAX];
    for (size_t i = 0; i < DATAGRAMS_MAX; i++) {
        datagrams->list[i].length = sizeof datagrams->list[i].bytes;
        datagrams->list[i].peer_length = sizeof datagrams->list[i].peer;
    }
    describe(datagrams, DATAGRAMS_MAX, messages, parts);
    int got = recvmmsg(fd, messages, DATAGRAMS_MAX, MSG_DONTWAIT, NULL);
    datagrams->count = got < 0 ? 0 : (size_t)got;
    for (size_t i = 0; i < datagrams->count; i++) {
        bool cut = messages[i].msg_hdr.msg_flags & MSG_TRUNC;
        datagrams->list[i].length = cut ? 0 : messages[i].msg_len;
        datagrams->list[i].peer_length = messages[i].msg_hdr.msg_namelen;
    }
    return datagrams->count;
}

void datagrams_add(struct datagrams *datagrams, int fd, const struct sockaddr_storage *peer,
                   socklen_t peer_length, const uint8_t *bytes, size_t length)
{
    if (length > DNS_MESSAGE_MAX || datagrams->count == DATAGRAMS_MAX) {
        (void)sendto(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL,
                     (const struct sockaddr *)peer, peer_length);
        return;
    }
    struct datagram *datagram = &datagrams->list[datagrams->count++];
    memcpy(&datagram->peer, peer, peer_length);
    datagram->peer_length = peer_length;
    memcpy(datagram->bytes, bytes, length);
    datagram->length = length;
}

void datagrams_send(struct datagrams *datagrams, int fd)
{
    struct mmsghdr messages[DATAGRAMS_MAX];
    struct iovec parts[DATAGRAMS_MAX];
    describe(datagrams, datagrams->count, messages, parts);
    for (size_t sent = 0; sent < datagrams->count;) {
        int n = sendmmsg(fd, messages + sent, (unsigned)(datagrams->count - sent),
                         MSG_DONTWAIT | MSG_NOSIGNAL);
        /* The first of the rest cannot be sent, for whatever reason; the next perhaps can. */
        sent += n > 0 ? (size_t)n : 1;
    }
    datagrams->count = 0;
}
