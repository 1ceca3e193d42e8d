/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agents that claudex knows: what starts each, and what turns its own permission prompts
 * off. Any other name is a command of the image. Pure.
 */
#ifndef CLAUDEX_PLUGIN_AGENT_H
#define CLAUDEX_PLUGIN_AGENT_H

#include "shared/session.h"

struct agent {
    const char *name;          /* "claude" */
    const char *version_label; /* of the image: which version is in it; or NULL */
    const char *const *start;  /* argv, NULL-ended; empty: PID 1 picks a shell */
    const char *const *yolo;   /* more arguments with [agent] yolo, NULL-ended */
};
extern const struct agent agents[];
extern const size_t agent_count;

/* NULL for a name that is a command. */
const struct agent *agent_find(const char *name);

/* The argv of the session's agent, with its flags and the configuration's `args` behind them,
 * appended to *argv; nothing for a shell without arguments. 0, or -1 when out of memory. */
int agent_command(const struct session *session, struct strings *argv);

#endif
