/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one git worker does: a process that PID 1 forks for one round of snapshots and that ends
 * after it, so that an idle box pays nothing for its trail.
 */
#ifndef CLAUDEX_INIT_GIT_JOB_H
#define CLAUDEX_INIT_GIT_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "init/git/snapshot.h"
#include "shared/error.h"

enum { JOB_PROJECTS_MAX = 64 };

struct job_project {
    char *name;   /* of its folder in /workspace */
    char *folder; /* /workspace/NAME */
    char *audit;  /* BOX_AUDIT/NAME */
};

struct job {
    const char *kind;
    bool first;           /* of the session: closes what others left open, opens its own */
    bool last;            /* of the session */
    bool only_if_changed; /* no commit without a change */
    bool ignored_too;
    bool workspace; /* with `first`: make /workspace/.git */
    struct trail_session session;
    const struct job_project *projects;
    size_t count;
    uid_t agent, worker;
    gid_t agent_group;
};

/* What a round comes to; one message on the channel to PID 1, with the descriptor of each open
 * session's note if it was the first. */
struct job_report {
    bool failed;
    size_t made;               /* snapshots */
    char text[ERROR_TEXT_MAX]; /* "made NAME HEX\n" or "same NAME HEX\n" each, or what failed */
};

/* In the forked child, as root: becomes the worker, does it, reports on `channel` and ends. */
void job_run(const struct job *job, int channel) __attribute__((noreturn));

#endif
