/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gate: the process through which every connection of the box goes. One thread, no
 * privilege, no file. It decides by name, dials by its own resolution, and moves bytes; large
 * transfers, and connections that are too many for one process, are moved by its carriers.
 *
 *   gate.c        its life: listeners, PID 1's words, what was refused
 *   gate_policy.c its rules, and how words of PID 1 change them
 *   decide.c      which name or address a connection may be dialled to (pure)
 *   gate_inside.c what the agent may ask it
 *   gate_refusals.c what PID 1 is told of refusals, and how often
 *   nflog_read.c  what the firewall refused by itself
 *   connection.c  one client, its name found out, one server, bytes both ways
 *   carriers.c    who moves what the gate does not move itself
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
    /* Pipes, DNS streams, c-ares's sockets, its own; not the connections' ends. */
    GATE_OTHER_DESCRIPTORS = 2 * PIPES_KEPT + 160,
    /* A connection that moved so many bytes is handed on; one that says little is not worth
     * another process. */
    GATE_BULK = FLOW_BUDGET,
    GATE_CROWD = 128,
    GATE_REFUSALS_KEPT = 256, /* different ones that are told apart */
};

/* The descriptors that PID 1 bound and keeps, by family: [0] v4, [1] v6, or -1. */
struct gate_sockets {
    int tcp[2];     /* where REDIRECT leads */
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
    const char *servers; /* lookup_open()'s */
    const char *hosts;
};

struct refusal {
    uint64_t hash;  /* 0: free */
    uint64_t told;  /* reactor's clock */
    uint64_t count; /* since then */
    enum gate_via via;
    uint16_t port;
    const char *fault, *detail; /* gate_refused_for()'s; NULL: an allow would do */
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

/* In the forked child, before it is confined and after its carriers were forked: everything
 * that needs a file or memory in earnest. 0 or -1. */
int gate_prepare(struct gate *gate, const struct gate_setup *setup, struct error *err);
/* Tells PID 1 that it is ready, and returns when PID 1 is gone. */
void gate_run(struct gate *gate);

/* The rules of the current mode. */
const struct policy *gate_policy(const struct gate *gate);
uint64_t gate_seconds(const struct gate *gate);
void gate_tell(struct gate *gate, const struct gate_frame *frame);

/* gate_refusals.c. PID 1 hears of it at once, or with others of the same within a second. */
void gate_refused(struct gate *gate, enum gate_via via, const char *name, uint16_t port);
/* The same of what no allow would let through, and why: a static text, perhaps another one with
 * particulars, or NULL. */
void gate_refused_for(struct gate *gate, enum gate_via via, const char *name, uint16_t port,
                      const char *fault, const char *detail);

/* gate_inside.c, nflog_read.c. Nothing to do for -1. 0 or -1. */
int gate_inside_open(struct gate *gate, int listener, struct error *err);
int gate_nflog_open(struct gate *gate, int nflog, struct error *err);

/* gate_policy.c. The rules of the session and, by hand, the grants. 0 or -1. */
int gate_policy_make(struct gate *gate, const struct session *session,
                     const struct grants *grants, struct error *err);
/* GATE_ALLOW, GATE_DENY, GATE_FORGET. */
void gate_policy_change(struct gate *gate, const struct gate_frame *frame);

/* connection.c */
void connection_accept(struct gate *gate, int fd, int family);
/* carriers_open()'s: what one of them carried has ended. */
void connection_carried_ended(void *context);
/* Ends it with a reset both ways. */
void connection_cut(struct connection *connection);
/* What a GATE_LIST asks for: a page of those that relay, newest first. Returns how many there
 * are. */
uint64_t connection_list(struct gate *gate, const struct gate_frame *list,
                         void (*tell)(struct gate *, const struct gate_frame *));

/* resolver.c. NULL on failure. */
struct resolver *resolver_open(struct gate *gate, struct error *err);

#endif
