/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AGENT_HOME: there, the agent's, and nobody else's to read.
 */
#ifndef CLAUDEX_INIT_HOME_FOLDER_H
#define CLAUDEX_INIT_HOME_FOLDER_H

#include "init/home/owner.h"
#include "shared/error.h"

/*
 * Makes the folder where it is missing. Where it belongs to somebody else (the image's user,
 * as a rule), what is in it and belongs to that same user becomes the agent's, the folder last:
 * then a boot that was cut short does the rest, and one that finds it done looks at the folder
 * alone. No symlink is followed, no other file system entered.
 */
int home_set_up(const struct agent *agent, struct error *err);

#endif
