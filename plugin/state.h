/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's folder of a box, ${XDG_STATE_HOME:-~/.local/state}/claudex/boxes/<name>: what has
 * to lie outside of the box as long as it lives.
 */
#ifndef CLAUDEX_PLUGIN_STATE_H
#define CLAUDEX_PLUGIN_STATE_H

#include <jansson.h>
#include <stdbool.h>

#include "shared/error.h"

#define STATE_CONTROL "control" /* in a box's folder: what is mounted at BOX_CONTROL_DIR */

/* The folder of all boxes. Owned by the caller; NULL where there is no home. */
char *state_boxes(struct error *err);
/* The same for locks of images that are being built. */
char *state_images(struct error *err);
/* That of what users agreed to (plugin/config/trust.h). */
char *state_trust(struct error *err);
/* That of one box. Nothing is made yet. */
char *state_box(const char *name, struct error *err);

/* Makes it (0700) and locks it, waiting for another claudex that is at work on the same box.
 * The lock is the returned descriptor's, the caller's to close; -1 on failure. */
int state_box_lock(const char *folder, struct error *err);

/* `folder`/STATE_CONTROL; the caller's, NULL when out of memory. */
char *state_control(const char *folder);

/*
 * What follows is done under the lock. A note says which box the folder is of, so that a
 * command finds it without an engine: {"engine": socket, "id": container, "folders": label}.
 */
int state_control_make(const char *folder, struct error *err);
int state_note_write(const char *folder, const char *engine, const char *id,
                     const char *folders_json, struct error *err);
/* A new reference; NULL where there is none, or one that is damaged. No lock needed. */
json_t *state_note_read(const char *folder);

/* True while PID 1 of a box reads its FIFO there. No lock needed. */
bool state_is_alive(const char *folder);

/* Removes the folder of a box that is gone, unless another container (`id`: not NULL) has taken
 * it over. Takes the lock. What cannot be removed stays for the next time. */
void state_forget(const char *folder, const char *id);

/* The same for who has the lock. */
void state_clear(const char *folder, const char *id);

#endif
