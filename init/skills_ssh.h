/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image's own ssh for a skill's repository: as the agent, confined as it, with the agent's
 * ssh socket, and so with the keys, the limits and the log of the ssh proxy
 * (init/ssh_worker.h). What comes is a stranger's: the worker that fetches
 * (init/skills_worker.h) takes it from a socket, and has no key.
 *
 * Before the session alone: later a process of the agent's uid is one that an agent can change.
 * For the same reason no file of the agent's home is read, where one may lie that an agent
 * wrote: hosts are those of the image's /etc/ssh/ssh_known_hosts and of the ~/.ssh/known_hosts
 * that [home] brings, in a copy of root's.
 */
#ifndef CLAUDEX_INIT_SKILLS_SSH_H
#define CLAUDEX_INIT_SKILLS_SSH_H

#include <sys/types.h>

#include "init/git/skill_stream.h"
#include "init/home/owner.h"
#include "shared/error.h"
#include "shared/skill_source.h"

/* Once, before the first start: makes that copy, BOX_KNOWN_HOSTS. 0; or -1, and hosts that only
 * the user knows are unknown to ssh. */
int skills_ssh_prepare(struct error *err);

/* Called by PID 1. Returns the pid of ssh, which the caller has to end, and fills *ends, which
 * the caller has to close; or -1. It does not end together with the worker that fetches, whose
 * uid may not signal it. */
pid_t skills_ssh_start(const struct skill_source *source, const struct agent *agent,
                       struct skill_stream *ends, struct error *err);

#endif
