/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many datagrams at once: one call reads all that came, one sends all answers (recvmmsg(2),
 * sendmmsg(2)), so that a client that asks much is woken once for many answers.
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

/* Reads the datagrams that are there now; one that is too long gets length 0. Returns how many.
 */
size_t datagrams_receive(struct datagrams *datagrams, int fd);
/* Adds one to send. One that is too long for the list, or finds it full, is sent at once. */
void datagrams_add(struct datagrams *datagrams, int fd, const struct sockaddr_storage *peer,
                   socklen_t peer_length, const uint8_t *bytes, size_t length);
/* Sends them all and empties the list. What the socket does not take is lost. */
void datagrams_send(struct datagrams *datagrams, int fd);

#endif
