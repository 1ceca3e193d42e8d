/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BOX_STATUS: what the agent may know of its box, as JSON. Readable for all, written by PID 1:
 * after the reply to a request that changed it, and before the next request is carried out. Who
 * must not read what was before asks for CONTROL_STATUS.
 *
 *     {"version": "0.1.0", "box": "claudex-app-0a1b2c3d", "mode": "allowlist",
 *      "why": "configured", "agent": {"uid": 1000, "gid": 1000}, "firewall": "iptables",
 *      "landlock": 7, "started": "2025-01-31T12:00:00Z"}
 *
 * Who asks PID 1 (CONTROL_STATUS) is told more, which the file would be too old for:
 *
 *     "trail": {"snapshots": 3, "kind": "turn", "time": 1738324800, "failing": false}
 */
#ifndef CLAUDEX_INIT_STATUS_H
#define CLAUDEX_INIT_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "init/home/owner.h"
#include "shared/error.h"
#include "shared/session.h"

/* Of the audit trail, since this session began. */
struct status_trail {
    size_t snapshots;
    const char *kind; /* of the last one; NULL: none */
    time_t when;
    bool failing; /* the last that was tried could not be taken */
};

struct status { /* all borrowed */
    const char *box;
    enum network_mode mode;
    const char *why; /* why this mode */
    struct agent agent;
    const char *firewall; /* which applier */
    int landlock;         /* version of the kernel's, 0 for none */
    time_t started;
    const struct status_trail *trail; /* NULL: none is kept */
};

/* The text, owned by the caller; NULL when out of memory. Pure. Without status->trail it is the
 * file's. */
char *status_print(const struct status *status);

/* Replaces the file in one step. */
int status_write(const struct status *status, struct error *err);

/* Before anything else of a boot could be asked: no status but this start's own. */
int status_clear(struct error *err);

#endif
