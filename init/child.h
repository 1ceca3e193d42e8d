/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PID 1's children: those it started and wants to hear of, and the orphans of the whole box,
 * which it only buries.
 */
#ifndef CLAUDEX_INIT_CHILD_H
#define CLAUDEX_INIT_CHILD_H

#include <sys/types.h>

enum { CHILDREN_MAX = 16 };

/* `status` as waitpid(2) gave it. */
typedef void child_ended(void *context, int status);

struct child {
    pid_t pid; /* 0: free */
    child_ended *ended;
    void *context;
};

struct children {
    struct child known[CHILDREN_MAX];
};

/* 0, or -1 with ENOSPC when the table is full. */
int children_add(struct children *children, pid_t pid, child_ended *ended, void *context);

/* Buries everything that is dead now; a SIGCHLD may stand for any number of them. */
void children_reap(struct children *children);

/* waitpid(2)'s status as a shell has it: the exit status, or 128 + the signal. */
int child_exit_status(int status);

#endif
