/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A repository that a program of its own speaks with, which is what ssh is to git: libgit2
 * reads and writes a socket, and has nothing of that program.
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

/* Once in a process, which borrows both until its end; one connection. */
int skill_stream_use(struct skill_stream *stream, struct error *err);

#endif
