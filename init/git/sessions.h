/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions that have begun and not ended, a note each in the audit repository. PID 1 of their
 * box holds a lock on it; one that is not locked was killed.
 */
#ifndef CLAUDEX_INIT_GIT_SESSIONS_H
#define CLAUDEX_INIT_GIT_SESSIONS_H

#include "init/git/audit.h"
#include "init/git/snapshot.h"
#include "shared/error.h"

/* Writes the note and locks it: a descriptor to be kept as long as the session lives, or -1. */
int sessions_open(const struct audit *audit, const struct trail_session *session,
                  struct error *err);
/* It ended. */
void sessions_end(const struct audit *audit, const struct trail_session *session);

struct left_open {
    struct trail_session session; /* points into text */
    char name[256];
    char text[8192];
};
/* 1 with the next one that nobody holds, 0 where there is none, -1. */
int sessions_next_dead(const struct audit *audit, struct left_open *left, struct error *err);
void sessions_bury(const struct audit *audit, const struct left_open *left);

#endif
