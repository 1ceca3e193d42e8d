/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gate as PID 1 sees it: the sockets that the rules point at, the process that serves them,
 * and the words between the two.
 *
 * PID 1 binds the sockets and keeps them: were they closed when a gate dies, the agent could
 * take the ports. While no gate runs they are bound and nobody answers, so nothing passes.
 */
#ifndef CLAUDEX_INIT_GATE_WORKER_H
#define CLAUDEX_INIT_GATE_WORKER_H

#include <stdint.h>
#include <sys/types.h>

#include "init/child.h"
#include "init/loop.h"
#include "init/net/gate.h"
#include "init/net/upstream.h"
#include "init/worker.h"
#include "shared/error.h"
#include "shared/session.h"

enum {
    GATE_PORT = 15001,
    GATE_RESOLVER_PORT = 53,
    GATE_DEATHS_MAX = 20, /* then it stays closed: something is wrong for good */
};

/* A frame of the gate's; GATE_END with tag 0 when a gate is gone, with the lists it owes. */
typedef void gate_said(void *context, const struct gate_frame *frame);

struct gate_worker {
    struct gate_sockets sockets;
    char servers[UPSTREAM_SERVERS_MAX];
    char *hosts; /* owned: /etc/hosts as it was at the start */
    uid_t uid;
    const struct session *session; /* borrowed */
    const struct strings *secrets; /* borrowed; wiped in the gate's memory */
    const struct grants *grants;   /* borrowed; as they are when a gate starts */
    gate_said *said;               /* may be NULL */
    void *said_context;
    enum network_mode mode;
    struct worker_process process;
    unsigned deaths;
};
#define GATE_WORKER_INIT                                                                       \
    {                                                                                          \
        .sockets = {{-1, -1}, {-1, -1}, {-1, -1}, -1, -1}, .process = WORKER_PROCESS_INIT      \
    }

/* Phase 6, first half: binds, before there is anybody else to do it, and takes the name
 * servers. `shift` is worker_uid_shift()'s. */
int gate_worker_bind(struct gate_worker *worker, const struct session *session, uid_t shift,
                     struct error *err);
/* Second half: the first gate. It is started again whenever it dies. */
int gate_worker_start(struct gate_worker *worker, enum network_mode mode,
                      const struct strings *secrets, struct loop *loop,
                      struct children *children, struct error *err);

/* These three do nothing while no gate runs: a new one starts in the mode of the moment, and
 * has no connection to cut. */
void gate_worker_mode(struct gate_worker *worker, enum network_mode mode);
void gate_worker_sever(struct gate_worker *worker);
/* GATE_ALLOW, GATE_DENY or GATE_FORGET; after the change of worker->grants, for a new gate. */
void gate_worker_grant(struct gate_worker *worker, enum gate_frame_kind kind,
                       const struct grant *grant);
/* Asks for a page of connections; the answer comes through `said`. -1: no gate runs. */
int gate_worker_list(struct gate_worker *worker, uint32_t tag, uint64_t from);

#endif
