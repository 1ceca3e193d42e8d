/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's folder of a box, ${XDG_STATE_HOME:-~/.local/state}/claudex/boxes/<name>: what has
 * to lie outside of the box as long as it lives.
 */
#ifndef CLAUDEX_PLUGIN_STATE_H
#define CLAUDEX_PLUGIN_STATE_H

#include "shared/error.h"

/* The folder of all boxes. Owned by the caller; NULL where there is no home. */
char *state_boxes(struct error *err);
/* That of one. Nothing is made yet. */
char *state_box(const char *name, struct error *err);

/* Makes it (0700) and locks it, waiting for another claudex that is at work on the same box.
 * The lock is the returned descriptor's, the caller's to close; -1 on failure. */
int state_box_lock(const char *folder, struct error *err);

#endif
