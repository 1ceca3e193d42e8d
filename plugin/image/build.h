/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One build: context, arguments, request; inner part of plugin/image.
 */
#ifndef CLAUDEX_PLUGIN_IMAGE_BUILD_H
#define CLAUDEX_PLUGIN_IMAGE_BUILD_H

#include "plugin/image/image.h"

/* Builds `tag`; *id gets the image's id, the caller's. 0 or -1. */
int image_build_run(struct engine *engine, const struct image_build *build, const char *tag,
                    char **id, struct error *err);

#endif
