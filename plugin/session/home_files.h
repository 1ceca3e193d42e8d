/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's own files for the agent's home ([home] file), on their way into a created box.
 */
#ifndef CLAUDEX_PLUGIN_SESSION_HOME_FILES_H
#define CLAUDEX_PLUGIN_SESSION_HOME_FILES_H

#include "plugin/archive/archive.h"
#include "shared/error.h"
#include "shared/session.h"

enum { HOME_FILE_MAX = 1 << 20 }; /* bytes; PID 1 takes no more */

/* Where a path of the host goes in the agent's home: a path below `home` keeps its place there,
 * any other its last name. Pure, borrowed from `path`; NULL where nothing would be left of it.
 */
const char *home_files_place(const char *path, const char *home);

/* Adds them below BOX_HOME_FILES. Settings that claudex merges with its own have to be JSON
 * objects; the error says where they are not. */
int home_files_add(struct archive_writer *writer, const struct strings *paths,
                   struct error *err);

#endif
