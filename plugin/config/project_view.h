/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration of some projects as `run` would see it, for verbs that only look: nothing
 * is put into a box, so that any folder will do.
 */
#ifndef CLAUDEX_PLUGIN_CONFIG_PROJECT_VIEW_H
#define CLAUDEX_PLUGIN_CONFIG_PROJECT_VIEW_H

#include "plugin/command.h"
#include "plugin/config/project_config.h"
#include "plugin/config/trust.h"
#include "shared/error.h"

struct project_view {
    struct folders projects;
    struct project_files files;
    struct config config; /* resolves without a mistake */
    struct config_paths paths;
    struct session session;
    struct trust_request *requests; /* a project each */
};
void project_view_free(struct project_view *view);
#define cleanup_project_view cleanup_with(project_view_free)

/* The verb's operands are the folders; none: the current one. `view` must be zeroed and is the
 * caller's to free either way. */
int project_view_open(struct project_view *view, const struct arguments *arguments,
                      struct error *err);

#endif
