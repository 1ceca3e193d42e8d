/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cache of skills does not grow for ever: what was used least recently goes, and nothing
 * that a box uses. A folder's time of modification is when a box installed it last; a box that
 * does holds a shared lock (flock(2)) on it for as long as it lives.
 */
#ifndef CLAUDEX_INIT_HOME_SKILL_TRIM_H
#define CLAUDEX_INIT_HOME_SKILL_TRIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "init/home/skill_cache.h"

enum { SKILL_CACHE_MAX = 64, SKILL_CACHE_LISTED = 1024 };
#define SKILL_CACHE_BYTES ((uint64_t)512 << 20)

struct skill_kept {
    char key[SKILL_KEY_SIZE];
    int64_t used; /* seconds since 1970 */
    uint64_t bytes;
    bool drop;
};

/* Pure. Sorts them, the one used last first, and marks those that are too many or too much. */
void skill_trim_choose(struct skill_kept *list, size_t count);

/* Says that the skill is used now, until the descriptor is closed; -1 where it is not there. */
int skill_trim_use(int cache, const char *key);

/* Removes what is too much, references to it, and what fetches of a day ago left. For after one
 * has added to it: it looks at every file. */
void skill_trim(int cache, uid_t worker);

#endif
