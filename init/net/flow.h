/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One direction of a connection: bytes from a socket to a socket through a pipe, by splice(2),
 * without ever copying them into this process. A pipe is borrowed only while bytes are in it,
 * so that idle connections need none. If no pipe can be had, bytes are copied.
 */
#ifndef CLAUDEX_INIT_NET_FLOW_H
#define CLAUDEX_INIT_NET_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PIPES_KEPT = 64,
    FLOW_BUDGET = 1 << 20
}; /* pipes idle; bytes before others have a turn */

struct pipes {
    int ends[PIPES_KEPT][2];
    size_t count;
    size_t open; /* these and the borrowed ones */
};

/* One side of a connection. Edge-triggered: the flags stay true until a call says EAGAIN. */
struct end {
    int fd;
    bool readable, writable;
};

struct flow {
    int pipe[2];    /* -1: none borrowed */
    size_t held;    /* bytes in it */
    bool ended;     /* the source said end of file */
    bool shut;      /* the target was told of that end */
    uint64_t bytes; /* arrived at the target */
    uint64_t limit; /* how many more bytes may be taken from the source */
};
#define FLOW_INIT                                                                              \
    {                                                                                          \
        .pipe = {-1, -1}, .limit = UINT64_MAX                                                  \
    }

enum flow_state {
    FLOW_WAITS,   /* until one of the ends is ready again, or the limit is raised */
    FLOW_GOES_ON, /* its turn is over, and there is more to do */
    FLOW_DONE,    /* all bytes are moved, and the target was told of the end */
    FLOW_BROKEN,  /* one of the ends is gone */
};

/* Moves what can be moved now. */
enum flow_state flow_move(struct flow *flow, struct end *from, struct end *to,
                          struct pipes *pipes);
/* Gives the pipe back; one with bytes left in it is closed. */
void flow_end(struct flow *flow, struct pipes *pipes);

#endif
