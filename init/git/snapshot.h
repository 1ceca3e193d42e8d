/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One snapshot of one project: a commit in its audit repository,
 *
 *     files     the project
 *     record    what of it is not in there, and why (record.h)
 *
 * whose message says in trailers what it is: Kind, Session, Box, Agent, Command, Mode, Project.
 */
#ifndef CLAUDEX_INIT_GIT_SNAPSHOT_H
#define CLAUDEX_INIT_GIT_SNAPSHOT_H

#include <stdbool.h>
#include <time.h>

#include "init/git/actor.h"
#include "init/git/audit.h"
#include "init/git/entries.h"
#include "shared/error.h"

/* Texts of one line; the agent may have chosen them. */
struct trail_session {
    const char *id, *box, *agent, *command, *mode, *project;
};

struct snapshot {
    const char *kind; /* start, interval, turn, asked, end, killed, before-restore, restored */
    struct trail_session session;
    const char *objects;    /* path of the audit repository's objects/ */
    int root;               /* the project's folder, opened as the agent */
    bool gather_ignore;     /* the .gitignore files as they are now count from now on */
    bool ignored_too;       /* [git] ignored */
    bool only_if_changed;   /* no commit where the files are those of the last one */
    bool write_back;        /* see hashing.h */
    const char *more_lines; /* further trailers, or NULL: "Restored: …\n" */
};

struct snapshot_result {
    bool made;              /* a commit */
    uint8_t oid[OID_SIZE];  /* of the commit, or of the last one */
    uint8_t tree[OID_SIZE]; /* of the project's files */
    struct entries entries; /* the caller's to free */
};

/* 0 or -1. A full disk makes a poorer snapshot (what is new becomes hashes), not a failure, as
 * long as the space set aside lasts. */
int snapshot_take(const struct audit *audit, struct actor *actor, const struct snapshot *what,
                  struct snapshot_result *result, struct error *err);

/* The text of a commit. Owned by the caller; NULL when out of memory. */
char *snapshot_commit_text(const struct snapshot *what, const char *tree, const char *parent,
                           time_t when, const char *summary);

#endif
