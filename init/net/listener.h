/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A socket that listens, in the gate's loop. When descriptors or memory run out it pauses for
 * a moment: otherwise the clients that wait would wake the loop without end, and accept(2)
 * would fail each time.
 */
#ifndef CLAUDEX_INIT_NET_LISTENER_H
#define CLAUDEX_INIT_NET_LISTENER_H

#include "init/net/reactor.h"

struct listener {
    struct watch watch;
    struct timer pause;
    struct reactor *reactor;
    void *context;
    int family;
    void (*accepted)(struct listener *listener, int fd); /* fd, non-blocking, is the callee's */
};

/* The caller has set context, family and accepted. `fd` may be -1: nothing is done then. 0, or
 * -1 with errno. */
int listener_open(struct listener *listener, struct reactor *reactor, int fd);

#endif
