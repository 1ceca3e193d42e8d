/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Custom images after their base has changed.
 */
#ifndef CLAUDEX_PLUGIN_IMAGE_FOLLOW_H
#define CLAUDEX_PLUGIN_IMAGE_FOLLOW_H

#include <jansson.h>
#include <stdbool.h>

#include "plugin/engine/engine.h"
#include "shared/error.h"

/* Builds anew what was built on the image of the id `before`, and removes what that replaces
 * unless it is in use. `report` gets an object {"from", "to", "packages"} for each. One that
 * fails does not keep others from it; run would build it again. 0, or -1 if any failed. */
int customs_follow(struct engine *engine, const char *before, bool quiet, json_t *report,
                   struct error *err);

#endif
