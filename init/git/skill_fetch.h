/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One skill out of a git repository on the network, by libgit2: the newest state of one
 * reference, without its past. For a worker: it speaks with strangers and writes what they
 * send.
 */
#ifndef CLAUDEX_INIT_GIT_SKILL_FETCH_H
#define CLAUDEX_INIT_GIT_SKILL_FETCH_H

#include <stdint.h>

#include "init/git/skill_stream.h"
#include "shared/error.h"
#include "shared/skill_source.h"

enum {
    SKILL_FETCH_BYTES_MAX = 200 << 20, /* of a repository, whatever the skill in it is */
    SKILL_FETCH_STALL_MS = 15000,      /* without a byte */
    SKILL_FETCH_SECONDS = 120,
    SKILL_COMMIT_SIZE = 41,
};

/* Called now and then with what has come so far. */
typedef void skill_progress(void *context, unsigned percent, uint64_t bytes);

struct skill_fetch {
    const struct skill_source *source;
    const char *folder;          /* ours alone: gets git/, a repository, and tree/, the skill */
    const char *authorities;     /* file of certificates, PEM */
    struct skill_stream *stream; /* to an ssh that runs git-upload-pack; NULL: https */
    skill_progress *progress;
    void *context;
};

/* Fetches, checks and writes the skill. `commit` gets its commit in hex. -1 with why not. */
int skill_fetch(const struct skill_fetch *fetch, char commit[SKILL_COMMIT_SIZE],
                struct error *err);

/* Asks only which commit the reference is now. */
int skill_look(const struct skill_source *source, const char *authorities,
               char commit[SKILL_COMMIT_SIZE], struct error *err);

#endif
