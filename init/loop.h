/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What PID 1 waits for: descriptors, each with a function that is called when it is ready.
 * One thread, level-triggered epoll(7).
 */
#ifndef CLAUDEX_INIT_LOOP_H
#define CLAUDEX_INIT_LOOP_H

#include <stdint.h>

#include "shared/error.h"

enum { LOOP_WATCHES_MAX = 64 };

/* `events` are epoll's. */
typedef void loop_ready(void *context, int fd, uint32_t events);

struct loop_watch {
    int fd; /* -1: free */
    loop_ready *ready;
    void *context;
};

struct loop {
    int epoll;
    int ended;
    struct loop_watch watches[LOOP_WATCHES_MAX];
};

int loop_open(struct loop *loop, struct error *err);
/* Watches fd, which stays the caller's, for input. -1 with errno (ENOSPC: too many). */
int loop_add(struct loop *loop, int fd, loop_ready *ready, void *context);
/* Must come before the descriptor's close. */
void loop_remove(struct loop *loop, int fd);
/* Returns once loop_end() was called from a loop_ready. An error of epoll is logged and the
 * wait repeated: PID 1 must not die of it. */
void loop_run(struct loop *loop);
/* What is ready now, for who waits for loop->epoll with other things. */
void loop_turn(struct loop *loop);
void loop_end(struct loop *loop);

#endif
