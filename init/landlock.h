/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Landlock, landlock(7) and linux/landlock.h: which paths the agent may reach at all, whatever
 * their owner and mode say. A second wall: where the kernel has none, the first still stands.
 */
#ifndef CLAUDEX_INIT_LANDLOCK_H
#define CLAUDEX_INIT_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "shared/error.h"

/* The version of Landlock that this kernel has, 0 for none. */
int landlock_version(void);

/*
 * Builds the rules and returns their descriptor; -1 with an empty err->text where the kernel
 * has no Landlock, -1 with a text on failure. Must be called as root, before the confinement.
 * `signals_others`: signals may pass to processes outside the domain.
 */
int landlock_prepare(bool signals_others, struct error *err);

/* The same without any rule: no path at all, for the workers. */
int landlock_nothing(struct error *err);

/* Reading `readable` (what is not there needs no rule), all below `writable` (may be NULL), and
 * no more: for a worker that fetches files. As landlock_prepare(). */
int landlock_fetcher(const char *const *readable, size_t count, const char *writable,
                     struct error *err);

/* Binds this process and all after it to the rules. Wants no_new_privs. */
int landlock_enforce(int rules, struct error *err);

#endif
