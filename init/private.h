/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BOX_PRIVATE, the folder that only root may enter, and what lies in it: the configuration and
 * the environment that the plugin (or compose) put there before the start, and the note by
 * which PID 1 tells `claudex-init exec` that the box is ready.
 */
#ifndef CLAUDEX_INIT_PRIVATE_H
#define CLAUDEX_INIT_PRIVATE_H

#include "init/home/owner.h"
#include "shared/error.h"
#include "shared/session.h"

/* Makes BOX_PRIVATE root's with mode 0700, its parents and BOX_PUBLIC root's and writable for
 * nobody else. Engines make the parents of a mount point 0755. A symlink on the way is
 * refused. */
int private_close(struct error *err);

/* Reads, parses and validates BOX_CONFIG; the session is the caller's to free. */
int private_read_session(struct session *session, struct error *err);

/* Reads BOX_ENV; a file that is missing is an empty one. */
int private_read_environment(struct strings *environment, struct error *err);

/*
 * PID 1: the box is closed and ready, and this is its agent. The note is locked for as long as
 * this process lives, so that one left by an earlier start of the container says nothing.
 */
int private_announce(const struct agent *agent, struct error *err);

/* `claudex-init exec`: waits (10 s at most) until PID 1 has announced, and reads the agent. */
int private_await(struct agent *agent, struct error *err);

#endif
