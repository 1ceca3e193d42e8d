/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was allowed and denied by hand while a box runs, for ever or for a time. It is kept in
 * the volume that has the box's name, so it outlives restarts and the container itself.
 *
 * The file is text: a head, one "ACTION PATTERN SINCE UNTIL LEFT" a line, and the SHA-256 of
 * all before it, as in state.h; damage means lockdown. UNTIL is a time of day and 0 means for
 * ever; LEFT are the seconds that were left when this was written, so that setting the clock
 * back prolongs nothing. The file is not that of the mode, so that a change of mode does not
 * wait for it.
 */
#ifndef CLAUDEX_INIT_NET_GRANTS_H
#define CLAUDEX_INIT_NET_GRANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/net/policy.h"
#include "shared/buf.h"
#include "shared/error.h"
#include "shared/parse.h"
#include "shared/session.h"

#define GRANTS_FILE "grants"

enum {
    GRANTS_VERSION = 1,
    GRANTS_MAX = 256,
    GRANTS_TEXT_MAX = 128 * 1024,
};

struct grant {
    enum policy_action action;
    struct host_pattern pattern;
    uint64_t since;   /* seconds of CLOCK_REALTIME */
    uint64_t expires; /* seconds of CLOCK_BOOTTIME, 0: never */
};

struct grants {
    struct grant list[GRANTS_MAX]; /* in the order in which they were given */
    size_t count;
};

/* Both clocks, in seconds. */
struct grants_now {
    uint64_t real, boot;
};
struct grants_now grants_clock(void);

/* Adds a grant, and removes one of the same pattern, whatever its action. 0, or -1 when full.
 */
int grants_put(struct grants *grants, const struct grant *grant);
/* Removes the grant of that pattern. True if there was one. */
bool grants_forget(struct grants *grants, const struct host_pattern *pattern);
/* Moves the first one that has expired into *gone. False: none has. */
bool grants_expire(struct grants *grants, uint64_t boot, struct grant *gone);
/* When the next one expires, seconds of CLOCK_BOOTTIME; 0: none ever does. */
uint64_t grants_next(const struct grants *grants);
/* The first denial by hand that takes away all that the pattern would allow, NULL for none. */
const struct grant *grants_denial(const struct grants *grants,
                                  const struct host_pattern *pattern);

/* The session's own `deny` that takes away all that the pattern would allow, or, in *some, the
 * first that takes away a part of it. Either may be NULL. Borrowed. */
const char *grants_configured_denial(const struct session *session,
                                     const struct host_pattern *pattern, const char **some);

/* Pure; both leave out what has expired by now. 0; or -1: when printing, out of memory; when
 * parsing, *why is a static text that says what is wrong. */
int grants_print(const struct grants *grants, struct grants_now now, struct buf *out);
int grants_parse(const char *text, size_t length, struct grants_now now, struct grants *grants,
                 const char **why);

/* Reads the file in the folder (normally BOX_STATE_DIR). 0, with no grants if nothing was ever
 * stored; -1 with *err for everything that means lockdown. */
int grants_load(const char *folder, struct grants *grants, struct error *err);
/* Replaces the file in one step. 0, or -1 with *err and the old one still there. */
int grants_save(const char *folder, const struct grants *grants, struct error *err);

#endif
