/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What init/skills.c and init/skills_remote.c, which has those from git, share.
 */
#ifndef CLAUDEX_INIT_SKILLS_REMOTE_H
#define CLAUDEX_INIT_SKILLS_REMOTE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "init/home/owner.h"
#include "init/home/skill_cache.h"
#include "init/skills_worker.h"
#include "init/ssh_worker.h"
#include "shared/error.h"
#include "shared/session.h"
#include "shared/skill_source.h"

enum { REMOTE_MAX = 32, SKILL_FOLDER_SIZE = 256 };

struct remote {
    char name[SKILL_NAME_MAX + 1];
    const char *text; /* the source as configured, borrowed */
    struct skill_source source;
    char folder[SKILL_FOLDER_SIZE]; /* in the cache, while it is fetched */
    char commit[SKILL_COMMIT_SIZE], before[SKILL_COMMIT_SIZE];
    struct skills_worker worker;
    int used; /* says so in the cache (init/home/skill_trim.h), as long as PID 1 lives; -1 */
    bool waiting, failed, fetched;
    unsigned percent;
    uint64_t bytes;
};

struct skills {
    const struct session *session;
    struct agent agent;
    uid_t worker;
    int cache, home, signals;
    struct ssh_worker *ssh; /* borrowed */
    json_t *list;
    struct remote remote[REMOTE_MAX];
    size_t count;
};

/* Links it into both agents' homes. */
void skills_link(const struct skills *skills, const char *name, const char *target);
/* For the list of what is installed. */
void skills_note(struct skills *skills, const char *name, const char *source,
                 const char *commit, const char *newer, const char *problem);

/* The session's sources, checked again. */
int skills_read_sources(struct skills *skills, struct error *err);
/* Fetches what the cache has not, and with `refresh` what may have moved; links them all. -1
 * where a required one cannot be had, or a signal ended it. */
int skills_install_remote(struct skills *skills, bool refresh, struct error *err);

#endif
