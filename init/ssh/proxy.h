/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ssh proxy: the process between the box's ssh clients and the host's agent. One thread, no
 * privilege, no file, no way to open a socket: PID 1 hands it each connection to the agent.
 *
 *   proxy.c     its life: the listener, PID 1's words, the limit
 *   upstream.c  connections to the agent, and wishes for more
 *   transfer.c  frames, as they come and go in pieces
 *   client.c    one client, one request after the other, and a connection to the agent that is
 *               its own: session-bind@openssh.com holds for a connection
 *   consent.c   signatures that wait for somebody's yes
 *   exchange.c  what becomes of a request, and of the agent's answer
 *   frame.c     what passes; identities.c: which keys; signed.c: what is signed (all pure)
 *
 * A list on a new connection wakes two processes more than at the agent's own socket: twice its
 * time where those wake halted processors, 1.3 times it where the processors are busy. Tried
 * (tests/bench, row 11) and left out: a short slice of the CPU (init/slice.h), which was
 * slower; looking again for 100 us before sleeping, with sched_yield(2) between: 1.5 times on
 * an idle machine, but 2.1 times on a busy one; entering a client into epoll only after its
 * request went on: no difference.
 */
#ifndef CLAUDEX_INIT_SSH_PROXY_H
#define CLAUDEX_INIT_SSH_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "init/net/reactor.h"
#include "init/ssh/identities.h"
#include "init/ssh/message.h"
#include "shared/error.h"
#include "shared/session.h"

enum {
    PROXY_CLIENTS_MAX = 10000,
    PROXY_UPSTREAMS_MAX = 128,     /* connections to the host's agent, which has few */
    PROXY_QUESTIONS_MAX = 16,      /* signatures that wait for a yes */
    PROXY_ASKED_MAX = 16,          /* wishes that PID 1 has not answered yet */
    PROXY_BUFFERED_MAX = 32 << 20, /* bytes of frames of all clients together */
    PROXY_REFUSALS_A_SECOND = 1,   /* that are told of */
};

struct client;
struct upstream;

/* Clients in the order in which they came. Each is in one at most. */
struct row {
    struct client *first, *last;
    size_t count;
};

struct proxy {
    struct reactor reactor;
    struct watch listener, control;
    const struct session *session; /* borrowed */
    uid_t agent;                   /* who may be a client */
    struct identities identities;  /* as the host's agent told last */

    struct client *clients; /* list */
    size_t count, most;
    size_t buffered;
    bool deaf;          /* the listener is left alone until `again` */
    struct timer again; /* tries what failed for a passing reason */

    struct row waiting;     /* for a connection to the agent */
    struct row asking;      /* for a yes; the first of them has been asked about, or will be */
    struct row idle;        /* that have one, and could do with another the next time */
    size_t asked;           /* of PID 1 */
    size_t upstreams;       /* that are open, the spare one included */
    bool busy;              /* the agent takes none more at the moment */
    struct upstream *spare; /* that nobody needs now: the next client need not wait for PID 1 */
    struct timer spare_age;

    uint32_t question; /* number of the last one that PID 1 was asked */
    bool question_stands;

    uint64_t *signatures; /* when the last ones were asked for: a ring of session->ssh.limit */
    size_t next_signature;
    uint64_t last_refusal;
};

/* All borrowed. */
struct proxy_setup {
    int listener, control;
    uid_t agent;
    const struct session *session;
};

/* In the forked child, before it is confined. 0 or -1. */
int proxy_prepare(struct proxy *proxy, const struct proxy_setup *setup, struct error *err);
/* Returns when PID 1 is gone. */
void proxy_run(struct proxy *proxy);

/* For client.c. */
void row_add(struct row *row, struct client *client);
void row_remove(struct row *row, struct client *client);
void proxy_client_gone(struct proxy *proxy, struct client *client);
/* Counts one towards the limit; false where it would be one too many. */
bool proxy_may_sign(struct proxy *proxy);
/* Tells PID 1. False where it cannot be told, and then there must be no signature. */
bool proxy_tell(struct proxy *proxy, const struct signature *signature);
bool proxy_send(struct proxy *proxy, const struct message *message);

/* consent.c. From CLIENT_READS or _ASKS, with its signature described, to CLIENT_PARKED, until
 * client_consented() or the end of its time. False where too many wait already. */
bool consent_ask(struct client *client);
/* One that is parked does not wait any more. */
void consent_forget(struct client *client);
void consent_given(struct proxy *proxy, uint32_t number, enum consent consent);
/* PID 1 could not be told, and perhaps can now. */
void consent_again(struct proxy *proxy);

/* client.c */
struct client *client_accept(struct proxy *proxy, int fd);
/* It may have asked something already. */
void client_start(struct client *client);
/* `used`: by another before, and may be stale. */
void client_connected(struct client *client, struct upstream *upstream, bool used);
void client_upstream_ready(struct client *client);
void client_not_connected(struct client *client);
void client_consented(struct client *client, enum consent consent);
/* An idle one's connection is for somebody who waits. */
void client_let_go(struct client *client);
void client_close(struct client *client);

#endif
