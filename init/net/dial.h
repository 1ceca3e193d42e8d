/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TCP connection to the first of several addresses that answers: the families take turns,
 * v6 first, and the next address is tried when one fails or has not answered after 250 ms
 * (Happy Eyeballs, RFC 8305 4 and 5).
 */
#ifndef CLAUDEX_INIT_NET_DIAL_H
#define CLAUDEX_INIT_NET_DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "init/net/lookup.h"
#include "init/net/reactor.h"

enum { DIAL_ATTEMPTS_MAX = 8 };

struct dial {
    struct reactor *reactor;
    struct attempt {
        struct watch watch;
        struct dial *dial;
    } attempts[DIAL_ATTEMPTS_MAX];
    struct address order[DIAL_ATTEMPTS_MAX];
    size_t count, next;
    uint16_t port;
    int error; /* errno of the last failure */
    struct timer stagger;
    void *context;
    /* Called once. fd: connected, owned by the callee; -1: no address answered, see `error`. */
    void (*done)(struct dial *dial, int fd);
};

/* `dial` must be zeroed but for `done` and `context`; addresses are copied. May call done at
 * once, and done may free the dial. */
void dial_start(struct dial *dial, struct reactor *reactor, const struct addresses *addresses,
                uint16_t port);
/* Gives up; done will not be called. Also for a dial that never started or is done. */
void dial_stop(struct dial *dial);

#endif
