/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gate: the process through which every connection of the box goes. One thread, no
 * privilege, no file. It decides by name, dials by its own resolution, and moves bytes; large
 * transfers, and connections that are too many for one process, are moved by its carriers.
 *
 *   gate.c        its start and its loop: listeners, messages of PID 1
 *   gate_policy.c its rules, and how messages of PID 1 change them
 *   decide.c      which name or address a connection may be dialled to (pure)
 *   gate_inside.c what the agent may ask it
 *   gate_refusals.c what PID 1 is told of refusals, and how often
 *   nflog_read.c  what the firewall refused by itself
 *   connection.c  one client, the name that it wants, one server, bytes both ways
 *   carriers.c    the carriers, which move what the gate does not move itself
 *   resolver.c    DNS for the agent: answers by itself
 *   lookup.c      DNS for the gate: asks the upstream, when it dials
 */
#ifndef CLAUDEX_INIT_NET_GATE_H
#define CLAUDEX_INIT_NET_GATE_H

#include <stdint.h>

#include "init/inside/talk.h"
#include "init/net/carriers.h"
#include "init/net/flow.h"
#include "init/net/gate_frame.h"
#include "init/net/grants.h"
#include "init/net/listener.h"
#include "init/net/lookup.h"
#include "init/net/names.h"
#include "init/net/policy.h"
#include "init/net/reactor.h"
#include "shared/error.h"
#include "shared/session.h"

enum {
    GATE_CONNECTIONS_MAX = CARRIED_MAX, /* its own and the carriers' */
    /* For pipes, DNS streams, c-ares's sockets and the gate's own; not for the connections. */
    GATE_OTHER_DESCRIPTORS = 2 * PIPES_KEPT + 160,
    /* A connection that has moved so many bytes is handed on; one that moves few is not worth
     * the work of that. */
    GATE_BULK = FLOW_BUDGET,
    GATE_CROWD = 128,
    GATE_REFUSALS_KEPT = 256, /* different ones that are told apart */
};

/* The descriptors that PID 1 bound and keeps, by family: [0] v4, [1] v6, or -1. */
struct gate_sockets {
    int tcp[2];     /* for connections that the firewall redirects (REDIRECT) */
    int dns_udp[2]; /* the resolver's */
    int dns_tcp[2];
    int inside; /* questions of the agent: init/inside/talk.h */
    int nflog;  /* what the firewall refused: init/net/nflog.h */
};

/* All borrowed, and only until gate_prepare() returns. */
struct gate_setup {
    struct gate_sockets sockets;
    int control; /* the gate's end of the pair */
    enum network_mode mode;
    const struct session *session;
    const struct grants *grants;
    const char *servers; /* this and the next for lookup_open() */
    const char *hosts;
};

struct refusal {
    uint64_t hash;  /* 0: free */
    uint64_t told;  /* when PID 1 was told of it last, reactor's clock */
    uint64_t count; /* refusals since then */
    enum gate_via via;
    uint16_t port;
    const char *fault, *detail; /* from gate_refused_for(); NULL: an allow would help */
    char name[254];
};

struct gate {
    struct reactor reactor;
    struct gate_sockets sockets;
    struct listener listeners[2];
    struct watch control;
    struct resolver *resolver;
    struct lookup *lookup;
    struct names *names;
    struct policy *policy, *api; /* the rules of the modes */
    enum network_mode mode;
    bool private_names;
    struct pipes pipes;
    struct carriers carriers;
    struct connection *connections; /* list */
    size_t count;
    bool crowd;               /* GATE_CROWD were open at once, since there was none */
    size_t descriptors, most; /* of connections: open in this process; the most */
    struct refusal refusals[GATE_REFUSALS_KEPT];
    struct inside_rate refusals_rate;
    struct timer refusals_timer;
    struct watch nflog;
};

/* Called in the forked child, before it is confined and after its carriers were forked: does
 * everything that needs a file or much memory. 0 or -1. */
int gate_prepare(struct gate *gate, const struct gate_setup *setup, struct error *err);
/* Tells PID 1 that it is ready, and returns when PID 1 is gone. */
void gate_run(struct gate *gate);

/* The rules of the current mode. */
const struct policy *gate_policy(const struct gate *gate);
uint64_t gate_seconds(const struct gate *gate);
void gate_tell(struct gate *gate, const struct gate_frame *frame);

/* gate_refusals.c. Tells PID 1 of a refusal, at once or, together with more of the same, within
 * a second. */
void gate_refused(struct gate *gate, enum gate_via via, const char *name, uint16_t port);
/* The same for what no allow would let through. `fault` says why, `detail` gives particulars or
 * is NULL; both are static texts. */
void gate_refused_for(struct gate *gate, enum gate_via via, const char *name, uint16_t port,
                      const char *fault, const char *detail);

/* gate_inside.c, nflog_read.c. Nothing to do for -1. 0 or -1. */
int gate_inside_open(struct gate *gate, int listener, struct error *err);
int gate_nflog_open(struct gate *gate, int nflog, struct error *err);

/* gate_policy.c. Makes the rules from the session and the grants given by hand. 0 or -1. */
int gate_policy_make(struct gate *gate, const struct session *session,
                     const struct grants *grants, struct error *err);
/* GATE_ALLOW, GATE_DENY, GATE_FORGET. */
void gate_policy_change(struct gate *gate, const struct gate_frame *frame);

/* connection.c */
void connection_accept(struct gate *gate, int fd, int family);
/* For carriers_open(): called when a connection that a carrier had has ended. */
void connection_carried_ended(void *context);
/* Ends it with a reset both ways. */
void connection_cut(struct connection *connection);
/* Answers a GATE_LIST: tells a page of the connections that relay, newest first. Returns how
 * many there are in all. */
uint64_t connection_list(struct gate *gate, const struct gate_frame *list,
                         void (*tell)(struct gate *, const struct gate_frame *));

/* resolver.c. NULL on failure. */
struct resolver *resolver_open(struct gate *gate, struct error *err);

#endif
