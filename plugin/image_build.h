/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One build: context, arguments, request; inner part of plugin/image.
 */
#ifndef CLAUDEX_PLUGIN_IMAGE_BUILD_H
#define CLAUDEX_PLUGIN_IMAGE_BUILD_H

#include <jansson.h>

#include "plugin/image.h"

/* Builds `tag`; *id gets the image's id, the caller's. 0 or -1. */
int image_build_run(struct engine *engine, const struct image_build *build, const char *tag,
                    char **id, struct error *err);

/* The default of a Dockerfile's "ARG BASE=…", the caller's, or NULL. Pure. */
char *dockerfile_base(const char *text);

/* The Dockerfile's build arguments: `versions` (image/versions) with what `build` says instead,
 * and what `labels` of the image that is there has newer; HTTP_PROXY and its kin as `lookup`
 * (getenv) has them. A new reference, NULL when out of memory. Pure but for lookup. */
json_t *build_arguments(const json_t *versions, const struct image_build *build,
                        const json_t *labels, const char *base,
                        const char *(*lookup)(const char *name));

#endif
