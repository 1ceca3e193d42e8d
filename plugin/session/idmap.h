/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A root-owned project in a box whose agent is not root: a bind mount of it in which what is
 * root's on disk belongs to UID_AGENT_DEFAULT, and the other way round (mount_setattr(2),
 * "ID-mapped mounts"). Needs root and the engine's kernel. The mounts lie below the box's
 * folder (plugin/state.h) in mnt/, and serve only until the box has mounted them itself.
 */
#ifndef CLAUDEX_PLUGIN_SESSION_IDMAP_H
#define CLAUDEX_PLUGIN_SESSION_IDMAP_H

#include <stddef.h>
#include <stdint.h>

#include "shared/error.h"

/* The lines of /proc/PID/uid_map (user_namespaces(7)) that swap uid 0 with `other` and leave
 * everybody else alone. Pure. Returns the length. */
size_t idmap_lines(uint32_t other, char *out, size_t size);

/* Mounts the folder that is open as `fd`, and nothing below it, mapped, on the folder `target`,
 * which is made. */
int idmap_mount(int fd, const char *target, struct error *err);

/* Takes every mount below `folder`/mnt away, and the folders. What is not there is fine. */
void idmap_clear(const char *folder);

#endif
