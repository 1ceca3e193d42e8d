/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration files and the options of `run`, read into one struct config; and the file
 * at the root of a project, which is not trusted.
 */
#ifndef CLAUDEX_PLUGIN_PROJECT_CONFIG_H
#define CLAUDEX_PLUGIN_PROJECT_CONFIG_H

#include <stdbool.h>
#include <sys/stat.h>

#include "plugin/command.h"
#include "plugin/folders.h"
#include "shared/config.h"
#include "shared/error.h"

/* ".claudex" or ".claudecker". */
bool project_config_is_name(const char *name);

/* Which of them the folder open as `fd` has, and its stat(2): 1, 0 for none, -1 for what is no
 * regular file, a symbolic link for one. */
int project_config_find(int fd, const char **name, struct stat *st, struct error *err);

/* Machine, user, projects, options, in this order. A project's file that asks for what it may
 * not have is refused, each of its lines by name. Other problems are config_resolve()'s to
 * tell. */
int config_read_all(struct config *config, const struct arguments *arguments,
                    const struct folders *projects, struct error *err);

/* [run] include and instructions: relative to the folder of the file that says so, "~/" to the
 * home folder; options are relative to the current one. */
int config_absolute_paths(const struct config *config, struct session *session,
                          struct error *err);

#endif
