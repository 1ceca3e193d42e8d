/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a child of PID 1 becomes a worker: a process of an uid of its own that keeps a few
 * descriptors and has nothing else, no capability, no file, few system calls.
 */
#ifndef CLAUDEX_INIT_WORKER_H
#define CLAUDEX_INIT_WORKER_H

#include <stddef.h>
#include <sys/types.h>

#include "shared/error.h"

struct strings;

/* Leaves open the standard three and those that are named, moved into a row behind them; -1 is
 * none. The places are told the new numbers. */
int worker_keep(int *const *descriptors, size_t count, struct error *err);

/* What a worker has no use for was in PID 1's memory, of which its own is a copy. */
void worker_wipe(const struct strings *secrets);

/* As many descriptors as there may be. */
void worker_raise_descriptors(void);

/* For good. `filter` is the seccomp filter of this worker, installed last. */
int worker_become(uid_t uid, int (*filter)(struct error *), struct error *err);

#endif
