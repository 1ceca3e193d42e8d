/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mounts as they are, compared with what they ought to be. An engine follows a path that
 * was swapped for a symlink between create and start, and a compose file may say anything.
 */
#ifndef CLAUDEX_INIT_MOUNTS_H
#define CLAUDEX_INIT_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "shared/cleanup.h"
#include "shared/error.h"
#include "shared/session.h"

enum { MOUNTINFO_MAX = 4 << 20 }; /* bytes of /proc/self/mountinfo */

/* A line of proc_pid_mountinfo(5), as far as it is of use. Strings are owned, unescaped. */
struct mount_entry {
    char *root;     /* what of its file system is mounted: the source of a bind mount */
    char *point;    /* where, in this process's root */
    bool read_only; /* by the mount's own options or its file system's */
};

struct mount_table {
    struct mount_entry *entries; /* in the kernel's order: a later one lies over an earlier */
    size_t count;
};
void mount_table_free(struct mount_table *table);
#define cleanup_mount_table cleanup_with(mount_table_free)

/* Pure. `table` must be zeroed and is the caller's to free, also on failure. */
int mounts_parse(const char *text, size_t length, struct mount_table *table, struct error *err);

/*
 * Pure. Every mount of the session is there, once, and read-only or not as said; nothing else
 * lies on or below BOX_WORKSPACE, BOX_CONTEXT and BOX_RUN but what lies below a project (where
 * that is read-only, read-only as well) and what PID 1 uses itself; and no engine's socket
 * lies anywhere.
 */
int mounts_judge(const struct mount_table *table, const struct session *session,
                 struct error *err);

/* Both for this process, and asks whether each mount is the very folder that was approved. */
int mounts_check(const struct session *session, struct error *err);

#endif
