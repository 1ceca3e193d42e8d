/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent's system call filter, on top of the engine's, and those of PID 1's workers
 * (seccomp_workers.c); init/seccomp_filter.h is what they are made with.
 *
 * The engine's profile is a list of what is allowed; this one takes away from it what an agent
 * has no use for and an attacker has. Both hold: the kernel takes the stricter answer.
 */
#ifndef CLAUDEX_INIT_SECCOMP_H
#define CLAUDEX_INIT_SECCOMP_H

#include "shared/error.h"

/* Installs the agent's filter in this process, for good. Wants no_new_privs. */
int seccomp_enforce(struct error *err);

/* The gate's: a list of the calls it makes, and EPERM for every other. */
int seccomp_enforce_gate(struct error *err);

/* Its carriers': bytes between sockets that are there. */
int seccomp_enforce_carrier(struct error *err);

/* The ssh proxy's, likewise; shorter. */
int seccomp_enforce_ssh(struct error *err);
/* For a process that parses what is in its memory already and writes one answer. */
int seccomp_enforce_parser(struct error *err);

/* What the git worker may do, and nothing else: files, threads, memory. */
int seccomp_enforce_git(struct error *err);

#endif
