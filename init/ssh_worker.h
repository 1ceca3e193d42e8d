/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ssh proxy as PID 1 sees it: the socket that the box's clients connect to, the process
 * that serves them, and what it asks of PID 1, which is connections to the host's agent.
 *
 * PID 1 binds the socket and keeps it: a proxy that died is replaced, and who connects
 * meanwhile waits in the kernel's queue.
 */
#ifndef CLAUDEX_INIT_SSH_WORKER_H
#define CLAUDEX_INIT_SSH_WORKER_H

#include <stdint.h>
#include <sys/types.h>

#include "init/child.h"
#include "init/home/owner.h"
#include "init/loop.h"
#include "init/questions.h"
#include "init/worker.h"
#include "shared/error.h"
#include "shared/session.h"

enum { SSH_DEATHS_MAX = 20 }; /* then there is no agent any more */

struct ssh_worker {
    const struct session *session; /* borrowed */
    uid_t uid;                     /* the proxy's */
    uid_t agent;                   /* its clients' */
    int listener;                  /* -1: no agent in this box */
    struct worker_process process;
    unsigned deaths;
    uint64_t signatures; /* that were noted */
    struct questions questions;
    uint32_t question; /* the proxy's number of the one that stands */
};
#define SSH_WORKER_INIT                                                                        \
    {                                                                                          \
        .listener = -1, .process = WORKER_PROCESS_INIT                                         \
    }

/*
 * Phase 11: makes BOX_SSH_SOCKET, if the session wants the host's agent and that is there; one
 * line where it is wanted and is not. `environment` is the session's: SSH_AUTH_SOCK is added,
 * unless the user has set one. `shift` is worker_uid_shift()'s.
 */
int ssh_worker_bind(struct ssh_worker *worker, const struct session *session,
                    const struct agent *agent, uid_t shift, struct strings *environment,
                    struct error *err);

/* Once the session runs: the first proxy. It is started again whenever it dies. Where it cannot
 * be, a warning, and clients are refused. */
void ssh_worker_start(struct ssh_worker *worker, struct loop *loop, struct children *children);

/* Ends one that was started for a time before that, with a loop of the caller's. During that
 * time nobody can be asked: what needs somebody's yes is not signed. */
void ssh_worker_give_back(struct ssh_worker *worker);

/* The same variable for a session that enters by `docker exec`. */
int ssh_worker_environment(const struct session *session, struct strings *environment,
                           struct error *err);

#endif
