/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals of PID 1: all blocked from the first moment and read from a descriptor, so that no
 * handler ever runs and none is lost.
 */
#ifndef CLAUDEX_INIT_SIGNALS_H
#define CLAUDEX_INIT_SIGNALS_H

#include <sys/signalfd.h>

#include "shared/error.h"

/* Blocks everything but what a fault of our own raises (blocked, a fault would be a loop).
 * Returns a non-blocking, close-on-exec signalfd(2), or -1. */
int signals_block(struct error *err);

/* In a forked child, before exec: default dispositions, nothing blocked. */
void signals_reset(void);

enum signal_verdict {
    SIGNAL_IGNORE,
    SIGNAL_REAP,    /* SIGCHLD */
    SIGNAL_FORWARD, /* somebody outside the box sent it: for the session */
};

/*
 * Pure. A signal counts only when a process outside our PID namespace sent it with kill(2):
 * then, and only then, it carries SI_USER and the pid 0 (kernel/signal.c,
 * __send_signal_locked; rt_sigqueueinfo(2) refuses to forge SI_USER). What the kernel sends by
 * itself, a terminal's ^C for one, carries SI_KERNEL.
 */
enum signal_verdict signal_judge(const struct signalfd_siginfo *info);

/* True for those that ask a program to end: SIGTERM, SIGINT, SIGHUP, SIGQUIT. */
int signal_ends(int number);

#endif
