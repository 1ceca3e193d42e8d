/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One build by the engine: POST /build, shown as it goes on; inner part of plugin/image.
 */
#ifndef CLAUDEX_PLUGIN_IMAGE_REQUEST_H
#define CLAUDEX_PLUGIN_IMAGE_REQUEST_H

#include <jansson.h>
#include <stdbool.h>

#include "plugin/archive/archive.h"
#include "plugin/engine/engine.h"
#include "shared/error.h"

struct image_request {
    const char *tag;
    struct archive_writer *context; /* finished, with a Dockerfile in it */
    const json_t *arguments;        /* {NAME: value} */
    bool no_cache, quiet;
    bool buildkit; /* builder_is_buildkit() */
    /* Called with each line of the log, fit for a terminal; or NULL. */
    void (*line)(void *data, const char *line);
    void *data;
};

/* Which of the engine's two builders: DOCKER_BUILDKIT chooses, as for the docker CLI; without
 * it the classic one, which says more as it goes on and takes a base by its id. */
bool builder_is_buildkit(void);

/* *id gets the image's id, the caller's. 0; or -1, and then the end of the log was shown and
 * nothing half-made has a name. */
int image_request(struct engine *engine, const struct image_request *wanted, char **id,
                  struct error *err);

#endif
