/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a killed claudex, or a box removed behind our back, left in the folders of boxes
 * (plugin/state.h).
 */
#ifndef CLAUDEX_PLUGIN_SWEEP_H
#define CLAUDEX_PLUGIN_SWEEP_H

#include "plugin/engine/engine.h"

/* Clears the folders whose container is gone and that nobody is at work on. Asks the engine
 * only where there are folders; what fails is left for the next time. */
void sweep_boxes(struct engine *engine);

#endif
