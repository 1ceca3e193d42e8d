/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tree of a git repository as files. No checkout: nothing of the repository's attributes,
 * filters, hooks or submodules is ever obeyed, and what a skill may not have is refused by name
 * before a byte of it is written.
 */
#ifndef CLAUDEX_INIT_GIT_SKILL_WRITE_H
#define CLAUDEX_INIT_GIT_SKILL_WRITE_H

#include "shared/error.h"

/* libgit2's; who looks into them includes it. */
struct git_repository;
struct git_tree;

/* Writes it below the empty folder `path`. -1 with why not; what was written stays. */
int skill_write(struct git_repository *repository, struct git_tree *tree, const char *path,
                struct error *err);

#endif
