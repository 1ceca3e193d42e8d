/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A carrier: a process of one thread that moves the bytes of connections which the gate has
 * decided, dialled and handed on. It decides nothing, parses nothing, and can make no socket.
 * With a few of them the gate uses more than one processor, and its own limit of descriptors is
 * not the limit of the box's connections.
 *
 * The gate shares with each of its carriers, and with that one alone, a table with a slot for
 * each connection handed on, and a pair of sockets (SOCK_SEQPACKET). What must never get lost,
 * "cut this" and "this ended", is written to the table; a packet only says that there is
 * something to read. If the pair is full, the packets in it already say so.
 *
 * A carrier ends when its pair is closed, and so do all connections that it carries.
 */
#ifndef CLAUDEX_INIT_NET_CARRIER_H
#define CLAUDEX_INIT_NET_CARRIER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/error.h"

enum {
    CARRIERS_MAX = 2,
    CARRIED_MAX = 10000,     /* connections of one carrier */
    CARRIER_DESCRIPTORS = 6, /* of a connection, at most: two sockets, two pipes */
    CARRIER_PACKETS = 64,    /* read from a pair before others have a turn */
};

struct carried_slot {
    _Atomic uint64_t up, down; /* bytes so far; written by the carrier */
    atomic_bool cut;           /* written by the gate: the connection is to end */
    atomic_bool ended; /* written by the carrier: it has ended; the slot may be used again */
};

struct carried_table {
    atomic_uint cuts; /* how often the gate has cut something */
    struct carried_slot slots[CARRIED_MAX];
};

/* The packet that hands a connection from the gate to a carrier. With it come descriptors
 * (SCM_RIGHTS): client, server, and for each direction that holds bytes both ends of its pipe.
 * A packet of another size only wakes. */
struct carrier_load {
    uint32_t slot;
    struct {
        uint64_t held, bytes; /* struct flow's */
        bool ended, shut;
    } up, down;
};

/* Called in the forked child, before it is confined. The caller still owns the pair. 0 or -1.
 */
int carrier_open(struct carried_table *table, int pair, struct error *err);
/* Returns when the pair is closed. */
void carrier_run(void);

#endif
