/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What push and pull share: BOX:PATH, and tar as a session of the box.
 *
 * The engine's archive requests are not used: the engine is root and follows the links of
 * whoever owns the box's folders, so an agent could send a pushed folder on to one that is not
 * its own. tar in a session may what the agent may, and what it writes is the agent's.
 */
#ifndef CLAUDEX_PLUGIN_TRANSFER_H
#define CLAUDEX_PLUGIN_TRANSFER_H

#include <stdbool.h>

#include "plugin/command.h"
#include "plugin/exec.h"
#include "shared/error.h"

/* "BOX:PATH", "BOX" being empty for the one that box_find() chooses. Pure. The box's name is
 * the caller's; NULL if none was given. 0, or -1 for a text that is no such thing. */
int transfer_parse(const char *text, char **box, const char **path);

/* "/a/b/" → "/a" and "b", "/" → "/" and ".", "b" → "." and "b". Pure; both are the caller's. */
int transfer_split(const char *path, char **folder, char **name);

/* Runs a command of the box with the streams of `pipes`, and turns its failure into *err: what
 * it complained about. Statuses up to `fine` are no failure, and returned. */
int transfer_run(const struct exec *exec, const struct exec_pipes *pipes, int fine,
                 const char *what, struct error *err);

#endif
