/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way in which a process becomes the agent's: PID 1's session and everything that
 * `claudex-init exec` runs pass through here.
 */
#ifndef CLAUDEX_INIT_CONFINE_H
#define CLAUDEX_INIT_CONFINE_H

#include <stdbool.h>
#include <sys/types.h>

#include "shared/error.h"

struct confinement {
    uid_t uid;
    gid_t gid;
    const char *workdir; /* entered as the agent; BOX_WORKSPACE, with a warning, if it cannot */
    bool there_only;     /* somebody named that folder for this command: no other will do */
    /* May the process send signals to those it did not start? A person who enters by exec has
     * to be able to end an agent that runs wild; the agent has not to end that person. */
    bool signals_others;
};

/*
 * Irreversibly, in this order: no capability and the agent's ids, the working directory,
 * Landlock, seccomp; then asks the kernel whether all of it is so, and tries whether the
 * private folder is shut. On -1 the caller must not go on to run anything; err->status is then
 * EXIT_NOT_EXECUTABLE where the folder that was named cannot be entered, as docker has it.
 */
int confine(const struct confinement *how, struct error *err);

/*
 * Runs command[0], looked for in PATH as a shell does; no command at all is a shell. Closes
 * every descriptor but 0, 1, 2 at that. Returns only on failure, with err->status 127 (not
 * found), 126 (cannot be run) or 125.
 */
int confined_exec(char *const *command, struct error *err);

/* /bin/bash, or /bin/sh where there is none. */
const char *confined_shell(void);

#endif
