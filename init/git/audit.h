/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The audit repository of one project: a bare git repository in a volume, in which everything
 * but the objects is for the git worker alone. Its folder is 0711, objects/ is for everybody,
 * so that /workspace/.git can have it as an alternate; refs/, config, HEAD and claudex/ are
 * not.
 *
 *     refs/heads/main     the snapshots, one after the other
 *     claudex/lock        held (flock) by whoever works here; parallel boxes share a project
 *     claudex/index       the entries of the last snapshot (entries.h)
 *     claudex/ignore.BOX  the .gitignore files as that box found them (ignore.h)
 *     claudex/open/ID     a session that has not ended; locked by its PID 1 as long as that
 * lives claudex/reserve     space to go on with where the disk is full
 *
 * All of it is done with the worker's filesystem uid.
 */
#ifndef CLAUDEX_INIT_GIT_AUDIT_H
#define CLAUDEX_INIT_GIT_AUDIT_H

#include <stdbool.h>

#include "init/git/entries.h"
#include "init/git/ignore.h"
#include "init/git/pack.h"
#include "shared/error.h"

struct audit {
    int folder;  /* of the repository */
    int private; /* claudex/ in it */
    int packs;   /* objects/pack */
    int lock;
};
#define AUDIT_INIT                                                                             \
    {                                                                                          \
        .folder = -1, .private = -1, .packs = -1, .lock = -1                                   \
    }

/* Opens it, makes what is missing, and waits until nobody else works in it. */
int audit_open(struct audit *audit, const char *path, struct error *err);
void audit_close(struct audit *audit);
#define cleanup_audit cleanup_with(audit_close)

/* 1 with the last snapshot, 0 where there is none, -1. */
int audit_tip(const struct audit *audit, uint8_t oid[OID_SIZE], struct error *err);
int audit_set_tip(const struct audit *audit, const uint8_t oid[OID_SIZE], struct error *err);

/* A pack: an open file that has no name yet; then both of its files, in one step. */
enum { AUDIT_TEMPORARY_MAX = 64 };
int audit_pack_new(const struct audit *audit, char name[AUDIT_TEMPORARY_MAX],
                   struct error *err);
int audit_pack_place(const struct audit *audit, const char *temporary, struct pack *pack,
                     struct error *err);
void audit_pack_drop(const struct audit *audit, const char *temporary);
/* Makes one of the many small ones that snapshots leave. Not on anybody's way. */
int audit_tidy(const struct audit *audit, struct error *err);

/* Damaged ones are as none. */
void audit_load_index(const struct audit *audit, struct entries *entries);
int audit_save_index(const struct audit *audit, const struct entries *entries,
                     struct error *err);
void audit_load_ignore(const struct audit *audit, const char *box, struct ignore *ignore);
int audit_save_ignore(const struct audit *audit, const char *box, const struct ignore *ignore,
                      struct error *err);

/* Bytes of the packs, and what is left on the file system. */
struct audit_space {
    uint64_t used, left;
};
void audit_space(const struct audit *audit, struct audit_space *space);

/* The largest file that is kept whole, given the space. Pure. */
uint64_t audit_kept_max(const struct audit_space *space);

/* Sets space aside, and lets go of it when the disk is full. */
void audit_reserve(const struct audit *audit);
void audit_release(const struct audit *audit);

/* Everything to the disk. */
void audit_sync(const struct audit *audit);

#endif
