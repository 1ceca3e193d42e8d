/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agents' settings in AGENT_HOME, made anew at each start: what an agent changed in them is
 * gone, and what was there before of its own (conversations, caches) with it.
 */
#ifndef CLAUDEX_INIT_HOME_LAYOUT_H
#define CLAUDEX_INIT_HOME_LAYOUT_H

#include "init/home/tokens.h"
#include "shared/error.h"
#include "shared/session.h"

/*
 * Removes what an earlier start of this container left of .claude, .claude.json and .codex,
 * lays out the user's own files (BOX_HOME_FILES) and over them the files of init/home/settings.
 * -1: what an agent left could not be removed. What cannot be written is a warning that names
 * it: the agents start without, and ask.
 */
int home_lay_out(const struct session *session, const struct strings *environment,
                 const struct tokens *tokens, struct error *err);

#endif
