/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A socket that listens, in the gate's loop. When descriptors or memory run out it pauses for
 * a moment: what waits would have the loop called without end, and accept(2) fail as often.
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

/* `listener` has context, family and accepted set. `fd` may be -1: nothing is done then. -1
 * with errno. */
int listener_open(struct listener *listener, struct reactor *reactor, int fd);

#endif
