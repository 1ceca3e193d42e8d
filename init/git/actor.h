/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two sides of the git worker. Real, effective and saved uid are the worker's own, so that
 * nobody in the box may signal, trace or even renice it. Its first thread has the worker's
 * filesystem uid as well and does what concerns the repository; the other has the agent's and
 * does what concerns the workspace (setfsuid(2): a thread's own; without a capability it can
 * only be given up for one of the three others, so the way goes from agent to worker and never
 * back).
 */
#ifndef CLAUDEX_INIT_GIT_ACTOR_H
#define CLAUDEX_INIT_GIT_ACTOR_H

#include <pthread.h>
#include <sys/types.h>

#include "shared/error.h"

struct actor {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t change;
    int (*act)(void *context, struct error *err);
    void *context;
    struct error *err;
    int result;
};

/* Must be called with the agent's filesystem ids in force; when it returns 0 the caller has
 * its own (`uid`). The thread lives as long as the process, and so must *actor: on the stack of
 * a function that returns, the thread would read whatever comes to lie there next. */
int actor_start(struct actor *actor, uid_t uid, gid_t gid, struct error *err);

/* Has the thread that is the agent to files do it, and waits. Threads that `act_on` starts are
 * the agent to files, too. */
int actor_run(struct actor *actor, int (*act_on)(void *context, struct error *err),
              void *context, struct error *err);

#endif
