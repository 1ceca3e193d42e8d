/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Skills for both agents: the image's own, the user's folders, and those from git. Each lies
 * where the agents can read and nobody but root write; their homes get links to it.
 *
 * BOX_SKILLS_LIST, for everybody: [{"name", "source": "image", "folder" or as configured,
 * "commit", "files", "problem"}, …]; what does not apply is left out.
 */
#ifndef CLAUDEX_INIT_SKILLS_H
#define CLAUDEX_INIT_SKILLS_H

#include "init/home/owner.h"
#include "init/ssh_worker.h"
#include "shared/error.h"
#include "shared/session.h"

/*
 * Before the session, with the gate running: installs them all; what is not in the cache is
 * fetched, side by side, with a line on stderr each. A skill that cannot be had is a warning
 * with its name and the reason, and an error where it is required. `signals`: one that asks to
 * end ends the wait, with err->status. `ssh`: bound, and not started yet.
 */
int skills_install(const struct session *session, const struct strings *environment,
                   const struct agent *agent, uid_t shift, int signals, struct ssh_worker *ssh,
                   struct error *err);

#endif
