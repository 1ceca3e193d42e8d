/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A repository that is reached through another program, as git reaches one through ssh: libgit2
 * reads and writes a socket with that program at its other end, and knows nothing else of it.
 */
#ifndef CLAUDEX_INIT_GIT_SKILL_STREAM_H
#define CLAUDEX_INIT_GIT_SKILL_STREAM_H

#include "shared/error.h"

struct skill_stream {
    int data; /* a socket: git-upload-pack at the other end */
    int said; /* a pipe, not blocking: the program's standard error, why it ended */
};

/* What libgit2 is told to fetch from. */
#define SKILL_STREAM_URL "ssh://it"

/* Has libgit2 reach SKILL_STREAM_URL through `stream`. Once in a process and for one
 * connection; `stream` is borrowed until the process ends. 0 or -1. */
int skill_stream_use(struct skill_stream *stream, struct error *err);

#endif
