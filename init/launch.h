/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting the session: the first and only program of the agent that PID 1 starts.
 */
#ifndef CLAUDEX_INIT_LAUNCH_H
#define CLAUDEX_INIT_LAUNCH_H

#include <sys/types.h>

#include "init/confine.h"
#include "shared/error.h"
#include "shared/session.h"

struct launch {
    struct confinement confinement;
    const struct strings *environment; /* NAME=value over the container's own */
    char *const *command;              /* as confined_exec has it */
};

/*
 * Forks, gives the child a session of its own with the terminal, confines it and runs the
 * command. Returns once it runs, with its pid; -1 if anything failed, and then nothing of the
 * agent ran. Never more than one warning of the child's comes before that.
 */
int launch(const struct launch *what, pid_t *pid, struct error *err);

#endif
