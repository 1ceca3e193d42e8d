/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs of `claudex-init trail` (init/trail.h), once the process is the git worker.
 */
#ifndef CLAUDEX_INIT_GIT_LOOKING_H
#define CLAUDEX_INIT_GIT_LOOKING_H

#include <stdbool.h>
#include <stddef.h>

#include "shared/error.h"
#include "shared/session.h"

enum { LOOKING_COUNT = 100 };

struct looking {
    const struct strings *names; /* of the projects */
    size_t count;                /* of snapshots */
    bool list, stat;             /* JSON, without and with lines counted */
    bool apply;
    bool fresh; /* a snapshot first */
    bool asked; /* PID 1 has taken it */
    const char *to;
    const char *box; /* whose session runs here; NULL: none */
    char **words;    /* snapshots, then paths */
    size_t word_count;
    bool only_paths;
};

typedef int looking_verb(struct looking *looking, struct error *err);
looking_verb looking_log, looking_diff, looking_restore;

#endif
