/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/config/project_view.h"

#include <stdlib.h>

#include "plugin/session/folders.h"

void project_view_free(struct project_view *view)
{
    for (size_t i = 0; view->requests && i < view->projects.count; i++)
        trust_request_free(&view->requests[i]);
    free(view->requests);
    folders_free(&view->projects);
    project_files_free(&view->files);
    config_free(&view->config);
    config_paths_free(&view->paths);
    session_free(&view->session);
    *view = (struct project_view){.requests = NULL};
}

int project_view_open(struct project_view *view, const struct arguments *arguments,
                      struct error *err)
{
    const struct folder_limits limits = {.force = true};
    if (folders_add_all(&view->projects, arguments->operands, arguments->operand_count, true,
                        &limits, err) < 0 ||
        config_read_all(&view->config, NULL, &view->projects, &view->files, err) < 0 ||
        config_resolve(&view->config, &view->session, err) < 0 ||
        config_paths_find(&view->config, &view->paths, err) < 0)
        return -1;
    view->requests = calloc(view->projects.count + 1, sizeof *view->requests);
    if (!view->requests)
        return error_set(err, "out of memory");
    for (size_t i = 0; i < view->projects.count; i++)
        if (trust_request_make(&view->requests[i], &view->config, &view->paths,
                               &view->projects.items[i], &view->files.items[i], err) < 0)
            return -1;
    return 0;
}
