/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting another program, free of what we have set for signals. */
#ifndef CLAUDEX_PLUGIN_SPAWN_H
#define CLAUDEX_PLUGIN_SPAWN_H

#include <spawn.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * `file` as posix_spawnp(3) finds it, with no signal blocked and SIGPIPE as it is by default;
 * `own_session`: out of our terminal's reach. All are borrowed. 0, or an errno.
 */
int spawn_program(const char *file, const char *const *argv,
                  const posix_spawn_file_actions_t *actions, bool own_session, pid_t *pid);

#endif
