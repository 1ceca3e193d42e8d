/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's own skills, on their way into a created box.
 */
#ifndef CLAUDEX_PLUGIN_SESSION_SKILLS_H
#define CLAUDEX_PLUGIN_SESSION_SKILLS_H

#include "plugin/archive/archive.h"
#include "shared/error.h"
#include "shared/session.h"

/* Adds the folders of [skills] below BOX_SKILLS_LOCAL, each under its name. PID 1 looks at what
 * is in them; one that is not there, cannot be read or is too large is a warning here, and an
 * error if it is required. `skills` is NAME=FOLDER each. */
int skills_add(struct archive_writer *writer, const struct strings *skills, struct error *err);

#endif
