/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The signals that cancel (plugin/signals.h), held back while something must not be left half
 * done: a container whose id nobody would know, a removal.
 */
#ifndef CLAUDEX_PLUGIN_HOLD_H
#define CLAUDEX_PLUGIN_HOLD_H

#include <signal.h>

/* Held back until signals_release() with the same mask; those that came meanwhile come then. */
static inline void signals_hold(sigset_t *before)
{
    sigset_t ends;
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGINT);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGHUP);
    (void)sigaddset(&ends, SIGIO); /* the docker CLI's */
    (void)sigprocmask(SIG_BLOCK, &ends, before);
}

static inline void signals_release(const sigset_t *before)
{
    (void)sigprocmask(SIG_SETMASK, before, NULL);
}

#endif
