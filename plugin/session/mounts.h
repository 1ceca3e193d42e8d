/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of the host shows in the box: a plan's folders, files and sockets → the mounts of its
 * session. Makes none of them.
 */
#ifndef CLAUDEX_PLUGIN_SESSION_MOUNTS_H
#define CLAUDEX_PLUGIN_SESSION_MOUNTS_H

#include <stdbool.h>

#include "plugin/session/build.h"
#include "shared/error.h"

/* The projects and their configuration files, which are read-only, and the includes. What is
 * root's is to be idmapped where that may be. 0 or -1. */
int plan_mounts(struct plan *plan, bool may_idmap, struct error *err);

/* The display's socket, where the session wants it. Where there is none: an error for who
 * insists, else a line, and the session does without. */
int plan_x11(struct plan *plan, bool insists, struct error *err);

/* Lets the idmapped mounts come from `folder`/mnt/<number> (plugin/session/idmap.h), where they
 * will be, instead of from the projects themselves. */
int plan_stage(struct plan *plan, const char *folder, struct error *err);

#endif
