/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The audit trail as PID 1 sees it: when a snapshot is due, and the process that takes it
 * (init/git/job.h). One at a time; none runs in between.
 *
 * A snapshot is asked for by connecting to SNAPSHOT_SOCKET (`claudex-init snapshot`): nothing
 * is read from who asks, who it is the kernel says. What came of it is written back.
 */
#ifndef CLAUDEX_INIT_GIT_WORKER_H
#define CLAUDEX_INIT_GIT_WORKER_H

#include <stdbool.h>
#include <sys/types.h>

#include "init/child.h"
#include "init/git/job.h"
#include "init/home/owner.h"
#include "init/loop.h"
#include "init/status.h"
#include "shared/error.h"
#include "shared/session.h"

#define SNAPSHOT_SOCKET BOX_PUBLIC "/snapshot"

enum {
    SNAPSHOT_CLIENTS_MAX = 16,
    SNAPSHOT_TURN_SECONDS = 5, /* between two that the agent asked for */
};

struct git_worker {
    bool on;
    const struct session *session; /* borrowed */
    struct job job;                /* what all rounds have in common */
    struct job_project projects[JOB_PROJECTS_MAX];
    struct status_trail told; /* for `status` */
    char id[320];             /* of the session */
    char *command;
    struct loop *loop;
    struct children *children;
    int listener, interval, turn; /* a socket, two timers */
    int notes[JOB_PROJECTS_MAX];  /* the open session's, locked */
    /* A round that runs: */
    const char *kind;
    pid_t pid;
    int channel;
    int served[SNAPSHOT_CLIENTS_MAX];
    /* What comes after it: */
    int waiting[SNAPSHOT_CLIENTS_MAX];
    const char *due; /* kind of the next round, NULL: none */
    bool turn_armed; /* the agent asks too often: once for all of it when the timer runs out */
};
#define GIT_WORKER_INIT                                                                        \
    {                                                                                          \
        .listener = -1, .interval = -1, .turn = -1, .channel = -1                              \
    }

/*
 * The state before the session: snapshots of all projects, and /workspace/.git. Waits until it
 * is done; a signal from outside that asks to end ends the wait, with err->status. `shift` is
 * worker_uid_shift()'s, `mode` the network's.
 */
int git_worker_begin(struct git_worker *worker, const struct session *session,
                     const struct agent *agent, uid_t shift, char *const *command,
                     const char *mode, int signals, struct error *err);

/* git_worker_listen.c. Listens, and sets the timers. */
int git_worker_listen(struct git_worker *worker, struct loop *loop, struct children *children,
                      struct error *err);

/* A round as soon as none runs. Of the kinds "asked" says most about a snapshot, "interval"
 * least. */
void git_worker_want(struct git_worker *worker, const char *kind);

/* The last snapshot of the session, once the loop has ended. Waits for it. */
void git_worker_end(struct git_worker *worker);

#endif
