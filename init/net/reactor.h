/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The workers' event loop: epoll(7), edge-triggered, one thread, and timers.
 *
 * Both kinds of subject are embedded in what they belong to, so that ten thousand connections
 * cost no allocation of the loop's. Times are CLOCK_BOOTTIME in milliseconds.
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

/* Timers of a kind all last equally long: a queue each, no heap. */
enum timer_kind {
    TIMER_TICK,     /* 50 ms: c-ares's own time-outs */
    TIMER_STAGGER,  /* 250 ms: the next address of a name is tried as well, RFC 8305 5 */
    TIMER_HELLO,    /* 10 s: a client has to say whom it wants */
    TIMER_DIAL,     /* 30 s: from the wish to the connection */
    TIMER_SECOND,   /* 1 s */
    TIMER_LINGER,   /* 2 s: a last word may be read */
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
/* For input alone, edge-triggered: whoever cannot write calls reactor_again(), and is called
 * for output as well from then on. A peer that reads what it was sent is no event so. */
int reactor_add_edges(struct reactor *reactor, struct watch *watch);
/* Level-triggered, input alone: for listeners and datagram sockets. */
int reactor_add_input(struct reactor *reactor, struct watch *watch);
/* Has an edge-triggered one called again in the next round if it is ready still: for whoever
 * stopped before it had to, so that others have a turn. */
void reactor_again(struct reactor *reactor, struct watch *watch);
/* Before the descriptor is closed; whatever was ready on it is forgotten. */
void reactor_remove(struct reactor *reactor, struct watch *watch);

/* The same, and closes it. */
void reactor_close(struct reactor *reactor, struct watch *watch);

/* Sets it anew if it is set. */
void timer_set(struct reactor *reactor, struct timer *timer, enum timer_kind kind);
void timer_stop(struct timer *timer);

void reactor_run(struct reactor *reactor);

#define member_of(pointer, type, member)                                                       \
    ((type *)(void *)((char *)(pointer) - __builtin_offsetof(type, member)))

#endif
