/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the container keeps of root's powers: everything is dropped, then these are added by the
 * plugin's spec and by the compose file, and PID 1 refuses to start without them. The session
 * gets none.
 */
#ifndef CLAUDEX_SHARED_CAPABILITIES_H
#define CLAUDEX_SHARED_CAPABILITIES_H

#include <stdbool.h>
#include <stddef.h>

struct capability {
    int number;         /* CAP_… of linux/capability.h, which the plugin need not have */
    const char *name;   /* as docker and compose write it: "NET_ADMIN" */
    bool kept;          /* PID 1 still needs it once the session runs */
    const char *reason; /* "to …" */
};
extern const struct capability capabilities[];
extern const size_t capability_count;

#endif
