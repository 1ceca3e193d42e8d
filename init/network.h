/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The box's network mode: which one a boot starts with, how it is changed while the session
 * runs, and that it is remembered. Joins the firewall, the kept state, the control FIFOs and
 * the status file.
 *
 * A mode never loosens by an error. Tightening: the kernel's rules first, then what a restart
 * would find. Loosening: the other way round, and if the rules then fail, the old mode is kept
 * again, or lockdown where even that fails.
 */
#ifndef CLAUDEX_INIT_NETWORK_H
#define CLAUDEX_INIT_NETWORK_H

#include "init/control_fifo.h"
#include "init/denied.h"
#include "init/gate_worker.h"
#include "init/loop.h"
#include "init/net/firewall.h"
#include "init/net/grants.h"
#include "init/questions.h"
#include "init/state.h"
#include "init/status.h"
#include "shared/buf.h"
#include "shared/error.h"
#include "shared/session.h"

/* A list of connections that somebody waits for: the gate has been asked. */
struct network_list {
    const struct control_fifo *fifo; /* who asked; NULL: free */
    char id[CONTROL_ID_MAX + 1];
    uint32_t tag;
    uint64_t since; /* seconds of CLOCK_BOOTTIME */
    struct buf items;
};
enum { NETWORK_LISTS_MAX = 8, NETWORK_LIST_SECONDS = 2, NETWORK_FOLLOWERS_MAX = 8 };

struct network {
    struct firewall *firewall; /* borrowed */
    struct gate_worker *gate;  /* borrowed, set before network_boot(); NULL: there is none */
    const struct session *session; /* borrowed */
    struct questions *questions;   /* borrowed: what else the control FIFOs are for; or NULL */
    struct state state;
    char why[64];         /* the mode is as it is */
    struct status status; /* as it is; its mode and why are ours */
    bool untold;          /* the file does not say so yet */
    struct control_fifo host, local;
    const struct control_fifo *asking; /* of the two, whose request is being carried out */
    struct grants grants;
    int timer; /* for the next one that expires */
    uint32_t tag;
    struct network_list lists[NETWORK_LISTS_MAX];
    struct denied denied;
    int followers[NETWORK_FOLLOWERS_MAX]; /* FIFOs of those who want to hear of refusals; -1 */
};

/* Phases 5 and 7: reads what was kept, decides, installs the rules. -1 with *err: the session
 * must not start. */
int network_boot(struct network *network, struct firewall *firewall,
                 const struct session *session, struct error *err);

/* Phase 11: the control FIFOs into the loop, and the status file, with the mode and why filled
 * in. The host's FIFO is a convenience (a warning where it cannot be); the local one, the other
 * way in, is not: -1 with *err. */
int network_listen(struct network *network, struct loop *loop, const struct status *status,
                   struct error *err);

/* A control_handler; context is the struct network. */
void network_request(void *context, const struct control_request *request,
                     struct control_reply *reply);

/* network_policy.c. Phase 5: what was allowed and denied by hand. -1 with *err for damage. */
int network_policy_boot(struct network *network, struct error *err);
/* Phase 11: what expires is waited for. */
int network_policy_listen(struct network *network, struct loop *loop, struct error *err);
/* Carries out what is about single hosts and connections; true if the request is that. */
bool network_policy_request(struct network *network, const struct control_request *request,
                            struct control_reply *reply);
/* network_denied.c. What was refused: the same, and what the gate says of it. */
bool network_denied_request(struct network *network, const struct control_request *request,
                            struct control_reply *reply);
void network_denied_said(struct network *network, const struct gate_frame *frame);
/* The session has ended: nobody is told of refusals any more, and so nobody stays for that. */
void network_unfollow(void *context);
/* A gate_said; context is the struct network. */
void network_gate_said(void *context, const struct gate_frame *frame);

#endif
