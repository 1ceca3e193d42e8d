/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a skill of [skills] comes from. Pure.
 *
 *     github:OWNER/REPOSITORY[/SUB/PATH][@REF] [required]
 *     https://HOST/PATH[//SUB/PATH][@REF] [required]
 *     ssh://USER@HOST[:PORT]/PATH[//SUB/PATH][@REF] [required]
 *     USER@HOST:PATH[//SUB/PATH][@REF] [required], PATH then being USER's own
 *     ./FOLDER, ../FOLDER, /FOLDER, ~/FOLDER of the host [required]
 *
 * What comes unencrypted is refused: whoever is on the way could write it.
 *
 * REF is a branch, a tag or a commit in 40 hex digits; without one, what the server calls HEAD.
 */
#ifndef CLAUDEX_SHARED_SKILL_SOURCE_H
#define CLAUDEX_SHARED_SKILL_SOURCE_H

#include <stdbool.h>

enum { SKILL_NAME_MAX = 64, SKILL_SOURCE_MAX = 512, SKILL_PORT_SIZE = sizeof "65535" };

/* Of one skill, wherever it comes from. */
enum { SKILL_FILES_MAX = 5000, SKILL_BYTES_MAX = 50 << 20, SKILL_DEPTH_MAX = 32 };

struct skill_source {
    char url[SKILL_SOURCE_MAX];  /* of the repository */
    char path[SKILL_SOURCE_MAX]; /* in it, "" for all of it; no part empty, "." or ".." */
    char ref[SKILL_SOURCE_MAX];  /* "" for HEAD */
    /* By ssh alone; else "". */
    char login[SKILL_SOURCE_MAX];  /* USER@HOST */
    char port[SKILL_PORT_SIZE];    /* "" for the usual */
    char remote[SKILL_SOURCE_MAX]; /* what git-upload-pack there is asked for; fit for a shell
                                      within single quotes */
    bool is_commit;                /* ref is 40 hex digits, in small letters */
    bool required;                 /* without it no session starts */
};

/* 0, or -1 with a static text of what was expected. */
int skill_source_parse(const char *text, struct skill_source *source, const char **why);

/* Cuts " required" off; true if it was there. */
bool skill_source_cut_required(char *text);

/* A folder of the host, by its first byte. */
bool skill_source_is_local(const char *text);

/* A skill's name, which is a folder's: letters, digits, '_' and '-', 1 to SKILL_NAME_MAX. */
bool skill_is_name(const char *text);

#endif
