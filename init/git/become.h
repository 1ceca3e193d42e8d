/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLAUDEX_INIT_GIT_BECOME_H
#define CLAUDEX_INIT_GIT_BECOME_H

#include <sys/types.h>

#include "shared/error.h"

/* From root, for good: no capability, the worker's uid, the git worker's seccomp filter; to
 * files, for as long as the thread does not ask for its own, the agent. */
int become_git_worker(uid_t worker, uid_t agent, gid_t agent_group, struct error *err);

#endif
