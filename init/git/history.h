/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots as they are read back.
 */
#ifndef CLAUDEX_INIT_GIT_HISTORY_H
#define CLAUDEX_INIT_GIT_HISTORY_H

#include <jansson.h>

#include "init/git/audit.h"
#include "shared/error.h"

/* libgit2's; who looks into them includes it. */
struct git_commit;
struct git_odb;
struct git_repository;
struct git_tree;

/* One project's trail, opened by the worker. */
struct history {
    char name[256]; /* of the project's folder */
    char path[512]; /* of the audit repository */
    struct audit audit;
    struct git_odb *odb;
    struct git_repository *repository;
};
#define HISTORY_INIT                                                                           \
    {                                                                                          \
        .audit = AUDIT_INIT                                                                    \
    }

/* -1 also where there is no snapshot yet. */
int history_open(struct history *history, const char *name, struct error *err);
void history_close(struct history *history);
/* Others may go on; what is read from now on may have moved meanwhile. */
void history_unlock(const struct history *history);

/* The last snapshot, or that of a word: "start" (of the last session), "last", or at least four
 * of the digits of its id. The caller's: git_commit_free(). 0; 1 where the word names none; -1.
 */
int history_find(const struct history *history, const char *word, struct git_commit **commit,
                 struct error *err);

/* {"project", "id", "time" (s), "kind", "summary", "session", "box", "agent", "command",
 * "mode", "notes": {"unreadable": 1}}. A new reference, NULL when out of memory. */
json_t *history_describe(const struct history *history, const struct git_commit *commit);

/* The tree of its project's files: git_tree_free(). */
int history_files(const struct history *history, const struct git_commit *commit,
                  struct git_tree **files, struct error *err);

/* What it says it does not hold (record.h). A new reference, or NULL. */
json_t *history_record(const struct history *history, const struct git_commit *commit);

/* Newest first, as an array of history_describe(); at most `count`. */
json_t *history_list(const struct history *history, size_t count, struct error *err);

/* A path of a tree as it was in the project (name.h), for JSON: what is not UTF-8 byte by byte
 * as U+00xx. */
json_t *history_path(const char *path);

#endif
