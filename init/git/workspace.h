/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /workspace/.git: the agent's own repository of all that is mounted there, whose first commit
 * is the state before the session. It borrows the audit repositories' objects and belongs to
 * the agent, who may do with it what it likes: the audit trail is elsewhere.
 */
#ifndef CLAUDEX_INIT_GIT_WORKSPACE_H
#define CLAUDEX_INIT_GIT_WORKSPACE_H

#include <stddef.h>
#include <sys/types.h>

#include "init/git/entries.h"
#include "shared/buf.h"
#include "shared/error.h"
#include "shared/names.h"

#define WORKSPACE_GIT BOX_WORKSPACE "/.git"

struct workspace_project {
    const char *name;              /* of its folder in /workspace */
    const char *audit;             /* its audit repository */
    const uint8_t *tree;           /* of its files */
    const struct entries *entries; /* what the tree holds */
};

/* PID 1, as root: makes the empty folder, the agent's, and gives it /workspace too, for git
 * refuses repositories in folders of others. 1 where there is something already, which stays
 * as it is. */
int workspace_prepare(uid_t uid, gid_t gid, struct error *err);

/* As the agent: fills it. Sorts the projects. */
int workspace_make(struct workspace_project *projects, size_t count, uid_t uid, gid_t gid,
                   struct error *err);

/* git's index, gitformat-index(5) version 2, of these files; -1 when out of memory. */
int workspace_index(const struct workspace_project *projects, size_t count, uid_t uid,
                    gid_t gid, struct buf *out);

#endif
