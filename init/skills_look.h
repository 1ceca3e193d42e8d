/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether branches and tags of skills have moved: asked once the session runs, at most twice a
 * day, through the gate like any client. The cache keeps the answer (init/home/skill_cache.h),
 * the next start tells it; nobody waits. Those by ssh are not asked after: keys sign nothing
 * that nobody waits for, and ssh is the agent's once it runs.
 */
#ifndef CLAUDEX_INIT_SKILLS_LOOK_H
#define CLAUDEX_INIT_SKILLS_LOOK_H

#include <sys/types.h>

#include "init/child.h"
#include "init/loop.h"
#include "shared/session.h"

/* Starts asking, where there is something to ask. A warning at most: PID 1 goes on. `shift` is
 * worker_uid_shift()'s. */
void skills_look(const struct session *session, uid_t shift, struct loop *loop,
                 struct children *children);

#endif
