/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The workers' event loop: epoll(7), edge-triggered, one thread, and timers.
 *
 * Watches and timers are embedded in what they belong to, so that the loop allocates nothing
 * for ten thousand connections. Times are CLOCK_BOOTTIME in milliseconds.
 */
#ifndef CLAUDEX_INIT_NET_REACTOR_H
#define CLAUDEX_INIT_NET_REACTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "shared/error.h"

struct watch {
    int fd; /* the owner's; -1: not watched */
    void (*ready)(struct watch *watch, uint32_t events);
};

/* All timers of a kind last equally long, so that each kind needs a queue and no heap. */
enum timer_kind {
    TIMER_TICK,     /* 50 ms: c-ares's own time-outs */
    TIMER_STAGGER,  /* 250 ms: the next address of a name is tried as well, RFC 8305 5 */
    TIMER_HELLO,    /* 10 s: a client has to say which host it wants */
    TIMER_DIAL,     /* 30 s: for resolving and connecting */
    TIMER_SECOND,   /* 1 s */
    TIMER_LINGER,   /* 2 s: for the client to read why it was refused */
    TIMER_QUESTION, /* 1 min: somebody at the session's terminal has to say yes or no */
    TIMER_CONSENT,  /* 2 min: somebody may be asked, who has to read and decide */
    TIMER_IDLE,     /* 2 h: nothing moved either way */
    TIMER_KINDS,
};

struct timer {
    struct timer *previous, *next; /* NULL: not set */
    uint64_t due;
    enum timer_kind kind;
    void (*expired)(struct timer *timer);
};

enum { REACTOR_EVENTS = 256 };

struct reactor {
    int epoll;
    bool ended;
    uint64_t now;                     /* as of the last wake-up */
    struct timer queues[TIMER_KINDS]; /* ring heads */
    void *ready[REACTOR_EVENTS];      /* watches of the round under way; NULL: removed */
    int ready_count;
};

int reactor_open(struct reactor *reactor, struct error *err);
/* Watches for input and output both, edge-triggered. -1 with errno. */
int reactor_add(struct reactor *reactor, struct watch *watch);
/* For input alone, edge-triggered. An owner that cannot write calls reactor_again(), and from
 * then on is called for output as well. Until then there is no event when a peer reads what it
 * was sent. */
int reactor_add_edges(struct reactor *reactor, struct watch *watch);
/* Level-triggered, input alone: for listeners and datagram sockets. */
int reactor_add_input(struct reactor *reactor, struct watch *watch);
/* Has an edge-triggered watch called again in the next round if it is still ready: for an owner
 * that stops early so that others have a turn. */
void reactor_again(struct reactor *reactor, struct watch *watch);
/* Must be called before the descriptor is closed; events of this round for it are dropped. */
void reactor_remove(struct reactor *reactor, struct watch *watch);

/* The same, and closes it. */
void reactor_close(struct reactor *reactor, struct watch *watch);

/* Starts the timer; one that is set already starts anew. */
void timer_set(struct reactor *reactor, struct timer *timer, enum timer_kind kind);
void timer_stop(struct timer *timer);

void reactor_run(struct reactor *reactor);

#define member_of(pointer, type, member)                                                       \
    ((type *)(void *)((char *)(pointer) - __builtin_offsetof(type, member)))

#endif
