/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between two snapshots of a project.
 */
#ifndef CLAUDEX_INIT_GIT_CHANGES_H
#define CLAUDEX_INIT_GIT_CHANGES_H

#include <jansson.h>
#include <stdio.h>

#include "init/git/history.h"
#include "shared/error.h"

/* libgit2's; who looks into them includes it. */
struct git_diff;
struct git_tree;

/* Between two trees, all of it or below the paths (of the project, as they are there; none:
 * all). A path that is in neither tree is an error: it was mistyped, and no difference there
 * would be taken for an answer. The caller's: git_diff_free(). */
int changes_find(const struct history *history, struct git_tree *from, struct git_tree *to,
                 char *const *paths, size_t count, struct git_diff **diff, struct error *err);

/* As git diff prints it; paths get "a/" and "b/", and with `named` the project's name. Bytes
 * are the files' own. */
int changes_print(struct git_diff *diff, FILE *out, struct error *err);

/* [{"project", "path", "status": "added" | "deleted" | "modified" | "type", "old_mode",
 * "new_mode", "binary", "insertions", "deletions"}]; appended to `list`. `lines`: count them.
 */
int changes_list(const struct history *history, struct git_diff *diff, bool lines, json_t *list,
                 struct error *err);

#endif
