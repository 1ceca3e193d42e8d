/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who the agent is: the owner of the projects, so that what it writes is the user's.
 */
#ifndef CLAUDEX_INIT_HOME_OWNER_H
#define CLAUDEX_INIT_HOME_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "shared/error.h"

struct session;

struct agent {
    uid_t uid;
    gid_t gid;
};

/* One mount as stat(2) shows it in the box. */
struct owned_mount {
    const char *destination; /* borrowed */
    uid_t uid;
    gid_t gid;
    bool read_only;
};

/*
 * Pure. The owner of the writable mounts, which must agree; UID_AGENT_DEFAULT where none is
 * writable. A group of 0 or UID_OVERFLOW is not taken over: the agent's gid is its uid then.
 * Refused, in words that say what to do: different owners, root, the overflow uid.
 */
int owner_decide(const struct owned_mount *mounts, size_t count, struct agent *agent,
                 struct error *err);

/*
 * Pure. What to add to every worker's uid (UID_WORKER_FIRST … UID_WORKER_LAST) so that none is
 * a uid that owns a mount or the agent's: 0 unless somebody sits in that range, never past it.
 */
uid_t worker_uid_shift(const struct owned_mount *mounts, size_t count,
                       const struct agent *agent);

/* The same for the mounts of the session: asks the kernel, then decides. */
int owner_find(const struct session *session, struct agent *agent, uid_t *shift,
               struct error *err);

#endif
