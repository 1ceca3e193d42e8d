/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ssh proxy's connections to the host's agent: each is of one client at a time, or is the
 * spare one. It is in the event loop once, from its first to its last moment, whoever has it.
 */
#ifndef CLAUDEX_INIT_SSH_UPSTREAM_H
#define CLAUDEX_INIT_SSH_UPSTREAM_H

#include <stdbool.h>

#include "init/net/reactor.h"

struct client;
struct proxy;

struct upstream {
    struct watch watch;
    struct proxy *proxy;
    struct client *client; /* whose; NULL: it is the spare one */
};

void upstreams_init(struct proxy *proxy);

/* The spare one, or NULL; then upstream_wait(), and client_connected() follows. */
struct upstream *upstream_take_spare(struct proxy *proxy);
void upstream_wait(struct proxy *proxy, struct client *client);
/* One that is as good as new, for the next. */
void upstream_give_back(struct upstream *upstream);
void upstream_close(struct upstream *upstream);
/* False where something is there to be read that was not asked for, or the end. */
bool upstream_is_quiet(const struct upstream *upstream);

/* PID 1's answer to a wish: a descriptor, or why there is none. */
void upstream_given(struct proxy *proxy, int fd);
void upstream_not_given(struct proxy *proxy, int error);
/* Wishes for everybody who waits. */
void upstreams_want(struct proxy *proxy);

#endif
