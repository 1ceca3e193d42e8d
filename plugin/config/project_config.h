/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration files and the options of `run`, read into one struct config; and the file
 * at the root of a project, which is not trusted.
 */
#ifndef CLAUDEX_PLUGIN_CONFIG_PROJECT_CONFIG_H
#define CLAUDEX_PLUGIN_CONFIG_PROJECT_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "plugin/command.h"
#include "plugin/session/folders.h"
#include "shared/config.h"
#include "shared/error.h"

/* The file of one project. */
struct project_file {
    const char *name; /* ".claudex" or, where that is missing, ".claudecker"; NULL: neither */
    char *shown;      /* as messages have it, and the entries that come from it */
    uint64_t device, inode; /* of the very file that was read */
};

/* One for each project, in their order. */
struct project_files {
    struct project_file *items;
    size_t count;
};
void project_files_free(struct project_files *files);
#define cleanup_project_files cleanup_with(project_files_free)

/* Where the user's own file is, or would be. The caller's; NULL with *err where there is no
 * home. */
char *config_user_path(struct error *err);

/*
 * Machine, user, projects, options, in this order. `files` must be zeroed and is the caller's
 * to free either way. A project's file that is no regular file, a symbolic link for one, is an
 * error; what is wrong in files is config_resolve()'s to tell, and what a project may not ask
 * for trust_check()'s (plugin/config/trust.h). `arguments` may be NULL.
 */
int config_read_all(struct config *config, const struct arguments *arguments,
                    const struct folders *projects, struct project_files *files,
                    struct error *err);

/*
 * The files and folders of the host that entries name ([run] include and instructions, [home]
 * file, folders of [skills]): absolute, and relative to the folder of the file that says so,
 * "~/" to the home folder; options are relative to the current one. Those of a project's file
 * are real paths: where a symbolic link leads is part of what the user agrees to. A skill of
 * theirs that is not there has none, with a warning, or an error if it is required.
 */
struct config_paths {
    char **items; /* an entry each: its path, or NULL */
    size_t count;
};
void config_paths_free(struct config_paths *paths);
#define cleanup_config_paths cleanup_with(config_paths_free)

int config_paths_find(const struct config *config, struct config_paths *paths,
                      struct error *err);

/* Puts them into the session; `settled` gets those of projects (see struct plan). */
int config_paths_apply(const struct config *config, const struct config_paths *paths,
                       struct session *session, struct strings *settled, struct error *err);

#endif
