/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a child of PID 1 becomes a worker: a process of an uid of its own that keeps a few
 * descriptors and has nothing else, no capability, no file, few system calls.
 */
#ifndef CLAUDEX_INIT_WORKER_H
#define CLAUDEX_INIT_WORKER_H

#include <stddef.h>
#include <sys/types.h>

#include "init/child.h"
#include "init/loop.h"
#include "shared/error.h"

struct strings;

/* A worker that runs as long as the box, and PID 1's end of what both talk through. */
struct worker_process {
    struct loop *loop; /* both borrowed */
    struct children *children;
    pid_t pid;   /* 0: none runs */
    int control; /* SOCK_SEQPACKET, non-blocking; -1: it is not listened to any more */
};
#define WORKER_PROCESS_INIT                                                                    \
    {                                                                                          \
        .control = -1                                                                          \
    }

/* What becomes of it; all are called with the context. */
struct worker_kind {
    const char *name;                          /* "the gate" */
    void (*child)(void *context, int control); /* the process, which ends with it */
    loop_ready *ready;
    child_ended *died;
};

/* Forks one. 0, or -1 with *err. */
int worker_start(struct worker_process *process, const struct worker_kind *kind, void *context,
                 struct error *err);
/* A packet of its, where `events` say that there may be one: its length, 0 where there is none
 * now, -1 where none will come any more. */
ssize_t worker_receive(const struct worker_process *process, uint32_t events, void *bytes,
                       size_t size);
/* Listens to it no longer; its death comes as a signal. */
void worker_let_go(struct worker_process *process);

/* Leaves open the standard three and those that are named, moved into a row behind them; -1 is
 * none. The places are told the new numbers. */
int worker_keep(int *const *descriptors, size_t count, struct error *err);

/* What a worker has no use for was in PID 1's memory, of which its own is a copy. */
void worker_wipe(const struct strings *secrets);

/* As many descriptors as there may be. */
void worker_raise_descriptors(void);

/* For good. `filter` is the seccomp filter of this worker, installed last. */
int worker_become(uid_t uid, int (*filter)(struct error *), struct error *err);

#endif
