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

/* Once, before the first: makes that copy. 0, or -1: without it hosts of the user's own are not
 * known. */
int skills_ssh_prepare(struct error *err);

/* By PID 1, whose the process is to end, and both ends. Returns its pid, or -1. That it ends
 * with who fetches is not to be had: no uid but its own and root may signal it, a parent's
 * death included. */
pid_t skills_ssh_start(const struct skill_source *source, const struct agent *agent,
                       struct skill_stream *ends, struct error *err);

#endif
