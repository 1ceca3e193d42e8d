/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of `run` and the configuration files → one resolved session, and what goes
 * with it. Reads files; asks no engine.
 */
#ifndef CLAUDEX_PLUGIN_SESSION_BUILD_H
#define CLAUDEX_PLUGIN_SESSION_BUILD_H

#include <stdbool.h>

#include "plugin/command.h"
#include "plugin/config/project_config.h"
#include "plugin/session/folders.h"
#include "plugin/session/ssh_agent.h"
#include "plugin/session/x11.h"
#include "shared/error.h"
#include "shared/session.h"

struct plan {
    struct session session;
    struct folders projects, includes;
    struct project_files files; /* of the projects */
    /* Paths of the host that came from a project's file: real ones, as the user agreed to them.
     * Whoever opens one makes sure that no link has come into it since. */
    struct strings settled;
    struct strings command;     /* the session's argv; empty: a shell */
    bool own_command;           /* it was given, and is not the agent's */
    struct strings environment; /* NAME=value, each name once; may be secret */
    struct x11 x11;             /* where session.run.x11 */
    char *agent;                /* value of LABEL_AGENT */
    char *folders_json;         /* value of LABEL_FOLDERS: sorted real paths */
    struct ssh_agent ssh;       /* the host's, where the session has it */
    bool idmapped;              /* some mount is to be idmapped, and its source still is not */
};
void plan_free(struct plan *plan);
#define cleanup_plan cleanup_with(plan_free)

/* True for one of plan->settled. */
bool plan_is_settled(const struct plan *plan, const char *path);

/* What of the machine decides. */
struct plan_host {
    const char *socket; /* the engine's socket, a path, or NULL */
    bool may_idmap;     /* we are root, and the engine is this kernel's */
};

/* All of it. The plan must be zero-initialised and is the caller's to free either way. */
int plan_build(struct plan *plan, const struct arguments *arguments,
               const struct plan_host *host, struct error *err);

/* The host's ssh agent, where the session wants it; where there is none, a line says so and the
 * session does without. `desktop`: the engine is Docker Desktop's. */
int plan_ssh(struct plan *plan, bool desktop, struct error *err);

#endif
