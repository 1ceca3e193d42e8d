/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one network that all boxes are on: making one a box costs more than starting the box.
 */
#ifndef CLAUDEX_PLUGIN_NETWORK_H
#define CLAUDEX_PLUGIN_NETWORK_H

#include "plugin/engine/engine.h"
#include "shared/error.h"

/* Makes NETWORK_NAME, a bridge on which containers cannot reach each other, unless it is
 * there. Several at once make one. 0 or -1. */
int network_ensure(struct engine *engine, struct error *err);

#endif
