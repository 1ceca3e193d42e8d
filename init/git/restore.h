/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Undo: makes files of a project what they were in a snapshot.
 */
#ifndef CLAUDEX_INIT_GIT_RESTORE_H
#define CLAUDEX_INIT_GIT_RESTORE_H

#include <jansson.h>

#include "init/git/actor.h"
#include "init/git/history.h"
#include "shared/error.h"

/* libgit2's; who looks into them includes it. */
struct git_diff;

/*
 * Applies a difference (from what is there to what shall be) in the project's folder `root`, as
 * the agent; only within it: no symlink on the way is followed. What could not be done, or is
 * not kept (`record` is the wanted snapshot's), is appended to `failures` as {"path", "why"}.
 * -1 where it had to end.
 */
int restore_apply(const struct history *history, struct actor *actor, struct git_diff *diff,
                  int root, const json_t *record, json_t *failures, struct error *err);

#endif
