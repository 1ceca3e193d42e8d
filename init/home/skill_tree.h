/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A skill's files as they lie in the box: what PID 1 looks at itself before agents see them,
 * whoever wrote them: kinds, sizes and where links lead, no content.
 */
#ifndef CLAUDEX_INIT_HOME_SKILL_TREE_H
#define CLAUDEX_INIT_HOME_SKILL_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "shared/error.h"
#include "shared/skill_source.h"

struct skill_count {
    uint32_t files;
    uint64_t bytes;
};

/* Pure. May a file of a skill have this name? .git, in any of the ways to write it, may not. */
bool skill_name_is_fine(const char *name);
/* Pure. Does a link of this folder, `depth` below the skill's own, stay in it? */
bool skill_link_stays(const char *target, size_t depth);

/*
 * Makes the tree in `folder` root's and for everybody to read: 0755 and 0644, whatever may be
 * executed 0755. -1 with what a skill may not have: other kinds of files, second names, files
 * of anybody but `owner` and root, links that lead out, more than the most.
 */
int skill_tree_settle(int folder, uid_t owner, struct skill_count *count, struct error *err);

#endif
