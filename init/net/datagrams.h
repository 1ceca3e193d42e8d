/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Datagrams by the dozen: what came is read by one call, and what is answered goes out by one
 * (recvmmsg(2), sendmmsg(2)), so that whoever asks much is woken once for many answers.
 */
#ifndef CLAUDEX_INIT_NET_DATAGRAMS_H
#define CLAUDEX_INIT_NET_DATAGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "init/net/dns.h"

enum { DATAGRAMS_MAX = 32 };

struct datagram {
    struct sockaddr_storage peer;
    socklen_t peer_length;
    size_t length;
    uint8_t bytes[DNS_MESSAGE_MAX];
};

struct datagrams {
    struct datagram list[DATAGRAMS_MAX];
    size_t count;
};

/* What is there now, one that is too long as of length 0. Returns how many. */
size_t datagrams_receive(struct datagrams *datagrams, int fd);
/* One more to send. What is longer than it may be, or finds no room, goes out at once. */
void datagrams_add(struct datagrams *datagrams, int fd, const struct sockaddr_storage *peer,
                   socklen_t peer_length, const uint8_t *bytes, size_t length);
/* Sends them all and has none left. What the socket does not take is lost, as datagrams are. */
void datagrams_send(struct datagrams *datagrams, int fd);

#endif
