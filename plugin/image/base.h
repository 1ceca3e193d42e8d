/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image that ours is built on: there, pulled, or made here out of Debian's packages; inner
 * part of plugin/image.
 */
#ifndef CLAUDEX_PLUGIN_IMAGE_BASE_H
#define CLAUDEX_PLUGIN_IMAGE_BASE_H

#include <stdbool.h>

#include "plugin/engine/engine.h"
#include "shared/error.h"

/* `folder` holds scripts/base-image. With `bootstrap` nothing is pulled. 0, or -1 with what
 * the user can do. */
int image_base_provide(struct engine *engine, const char *base, const char *folder,
                       bool bootstrap, bool quiet, struct error *err);

#endif
