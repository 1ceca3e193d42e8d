/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/image/wanted.h"

#include <unistd.h>

#include "plugin/config/project_config.h"
#include "plugin/image/recipe.h"
#include "plugin/session/folders.h"
#include "shared/cleanup.h"
#include "shared/config.h"
#include "shared/log.h"

int packages_wanted(const struct arguments *arguments, struct strings *packages,
                    struct error *err)
{
    cleanup_folders struct folders folders = {0};
    /* Nothing is shown to a box: any folder that can be read will do. */
    const struct folder_limits limits = {.force = true};
    cleanup_project_files struct project_files files = {NULL, 0};
    cleanup_config struct config config = CONFIG_INIT;
    cleanup_session struct session session = {0};
    if (folders_add_all(&folders, arguments->operands, arguments->operand_count, true, &limits,
                        err) < 0 ||
        config_read_all(&config, NULL, &folders, &files, err) < 0 ||
        config_resolve(&config, &session, err) < 0 ||
        recipe_packages(&session.packages, packages, err) < 0)
        return -1;
    if (packages->count > 0)
        return 0;
    return error_set(err,
                     "no packages are asked for in %s; write their names into its .claudex, "
                     "one a line below [packages]",
                     folders.count == 1 ? quoted(folders.items[0].path) : "these folders");
}
