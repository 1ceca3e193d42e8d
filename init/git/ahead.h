/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads folders before the walk gets to them. stat(2) is nearly all of a walk's time, and the
 * kernel does as many at once as there are processors; so the walk says which folders it will
 * come to, threads read them, nearest first, and the walk itself stays the one that decides.
 *
 * The threads take over the caller's filesystem uid, which is the agent's. They call nothing
 * but the kernel: libgit2 is not for two threads at once.
 */
#ifndef CLAUDEX_INIT_GIT_AHEAD_H
#define CLAUDEX_INIT_GIT_AHEAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "init/git/listing.h"

enum { AHEAD_THREADS_MAX = 7 };

/* One that calls, and its threads. All the calls below are for that one. */
struct ahead {
    int root;
    bool ignore; /* see struct listing_of */
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    struct errand *first; /* waiting, nearest first */
    size_t errands;       /* there ever were */
    size_t held;          /* names read that the walk has not come to */
    bool over;
    pthread_t threads[AHEAD_THREADS_MAX];
    size_t started;
};

void ahead_begin(struct ahead *ahead, int root, bool ignore);
/* Waits for the threads. No errand may be left. */
void ahead_end(struct ahead *ahead);

/* In front of those that wait. NULL where there is no memory for it: read it when you come. */
struct errand *ahead_send(struct ahead *ahead, const char *path, const struct entry *expected);

/* What came of it, as listing_read() says; where nobody has begun, it is done now. The errand
 * is gone. */
int ahead_take(struct ahead *ahead, struct errand *errand, struct listing *listing);
/* Not wanted any more. */
void ahead_drop(struct ahead *ahead, struct errand *errand);

#endif
