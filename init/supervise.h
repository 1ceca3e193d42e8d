/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PID 1's life once the session runs. Nothing in supervise() may end it before its time: errors
 * are logged, the thing tried again or done without.
 */
#ifndef CLAUDEX_INIT_SUPERVISE_H
#define CLAUDEX_INIT_SUPERVISE_H

#include <sys/types.h>

#include "init/child.h"
#include "init/guests.h"
#include "init/loop.h"
#include "shared/error.h"

struct supervisor {
    struct loop loop;
    struct children children;
    struct guests guests;
    pid_t session; /* 0: it ended */
    int status;    /* the container's, once it ended */
    /* Called once the session has ended, before guests are waited for. May be NULL. */
    void (*ended)(void *context);
    void *ended_context;
};

/* What can fail, before the session is started. `signals` is signals_block()'s. */
int supervise_prepare(struct supervisor *supervisor, int signals, struct error *err);

/*
 * Reaps, passes signals from outside on to the session's process group, and returns the exit
 * status for the container: the session's own, 128 + n for signal n. Sessions that entered by
 * `docker exec` may outlive the first one: they are waited for, until a signal asks to end.
 */
int supervise(struct supervisor *supervisor, pid_t session);

#endif
