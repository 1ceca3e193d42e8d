/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gate's side of its carriers (init/net/carrier.h): who carries what, and what came of it.
 *
 * A slot belongs to a connection from the moment it is handed on until its carrier has said
 * that it ended. This holds for one that was cut as well: were its slot given to another before
 * that, nobody could tell which of the two is meant.
 */
#ifndef CLAUDEX_INIT_NET_CARRIERS_H
#define CLAUDEX_INIT_NET_CARRIERS_H

#include <stddef.h>
#include <stdint.h>

#include "init/net/carrier.h"
#include "init/net/flow.h"
#include "init/net/reactor.h"
#include "shared/error.h"

struct carriers;

struct carrier_end {
    struct carriers *carriers;
    struct watch pair; /* fd -1: the carrier has ended */
    struct carried_table *table;
    size_t carries;
    void *owners[CARRIED_MAX]; /* by slot; NULL: free, or cut */
    bool taken[CARRIED_MAX];
    uint32_t freed[CARRIED_MAX];
    size_t freed_count, used; /* slots below `used` have been in use */
};

struct carriers {
    struct reactor *reactor; /* borrowed */
    struct carrier_end list[CARRIERS_MAX];
    size_t count;
    size_t most; /* connections that one of them has descriptors for */
    void (*ended)(void *owner);
};

/* The carrier and the slot of a connection that was handed on. */
struct carried_at {
    struct carrier_end *carrier; /* NULL: not handed on */
    uint32_t slot;
};

/* What each forked child does: calls carrier_open() with the first two, confines itself and
 * calls carrier_run(). The process ends when this returns. */
typedef void carrier_child(struct carried_table *table, int pair, void *context);

/* Forks them, `count` at most, in the process that is to be the gate, before it is confined.
 * Fewer than wanted are no error: the gate can do without any. */
void carriers_fork(struct carriers *carriers, size_t count, carrier_child *child,
                   void *context);
/* Listens to them. `descriptors`: how many each may have. `ended` is called with the owner of
 * each connection that ended without carriers_cut(). 0 or -1. */
int carriers_open(struct carriers *carriers, struct reactor *reactor, size_t descriptors,
                  void (*ended)(void *), struct error *err);

/* Hands a connection on. The carrier then has descriptors of its own for both sockets and for
 * the pipes that hold bytes; the caller closes its own, and gives back no pipe that holds
 * bytes. 0; or -1, where nothing has changed and the caller goes on moving the bytes itself. */
int carriers_take(struct carriers *carriers, void *owner, const struct end *client,
                  const struct end *server, const struct flow *up, const struct flow *down,
                  struct carried_at *at);
/* Ends one, with a reset to both peers; `ended` is not called for it. */
void carriers_cut(const struct carried_at *at);
/* The bytes that the carrier has moved so far. */
void carriers_count(const struct carried_at *at, uint64_t *up, uint64_t *down);

#endif
