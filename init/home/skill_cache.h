/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BOX_SKILLS: skills from git, a folder for each commit and path, root's, and beside them what
 * each reference was when it was fetched. Boxes of one user share it.
 *
 *     COMMIT[-HASH OF THE PATH]/     the skill
 *     refs/HASH OF THE SOURCE        "COMMIT\n"
 *     seen/HASH OF THE SOURCE        the same: what it was when the server was asked last
 *     new-BOX-N/                     one that is being fetched
 *     old-COMMIT…/                   one that is being removed (init/home/skill_trim.h)
 */
#ifndef CLAUDEX_INIT_HOME_SKILL_CACHE_H
#define CLAUDEX_INIT_HOME_SKILL_CACHE_H

#include <stdint.h>
#include <sys/types.h>

#include "init/git/skill_fetch.h"
#include "init/home/skill_tree.h"
#include "shared/skill_source.h"

enum { SKILL_KEY_SIZE = 64 };

/* Opens the folder, and makes what is missing. */
int skill_cache_open(struct error *err);

/* The name of its folder. Pure. */
void skill_cache_key(const struct skill_source *source, const char *commit,
                     char key[SKILL_KEY_SIZE]);

/* 1 where the source's commit is known and its folder there; 0. */
int skill_cache_find(int cache, const struct skill_source *source,
                     char commit[SKILL_COMMIT_SIZE]);

/* What the server said last (init/skills_look.h): 1; 0 where it was never asked. A fetch asks,
 * too. */
int skill_cache_seen(int cache, const struct skill_source *source,
                     char commit[SKILL_COMMIT_SIZE]);
void skill_cache_see(int cache, const struct skill_source *source, const char *commit);
/* Seconds since then; very many where it was not asked. */
int64_t skill_cache_seen_age(int cache, const struct skill_source *source);

/* A folder for a worker to fetch into, empty, as `name`. */
int skill_cache_begin(int cache, const char *name, uid_t worker, struct error *err);
/* Takes what the worker left there into the cache, as that commit, once it has ended. */
int skill_cache_take(int cache, const char *name, uid_t worker,
                     const struct skill_source *source, const char *commit,
                     struct skill_count *count, struct error *err);
/* Removes it, whatever is left in it. */
void skill_cache_drop(int cache, const char *name, uid_t worker);

#endif
