/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A box as the engine knows it: found by name, by folder, or as the only one running.
 */
#ifndef CLAUDEX_PLUGIN_BOX_H
#define CLAUDEX_PLUGIN_BOX_H

#include <jansson.h>
#include <stdbool.h>

#include "plugin/command.h"
#include "shared/error.h"

/* claudex-<folder>-<8 hex of the SHA-256 of the sorted real paths, NUL-separated>; <folder> is
 * the first folder's name with what a container's name cannot hold made '-', at most 40 bytes.
 * Owned by the caller, NULL when out of memory. */
char *box_name(const char *const *real_paths, size_t count);

/* One of our containers; strings owned. */
struct box {
    char *id, *name, *state; /* state: created, running, paused, exited … */
    /* The entry of GET /containers/json. Where LABEL_FOLDERS is missing, because it was made by
     * compose, it is what is mounted in the workspace. */
    json_t *summary;
};
void box_free(struct box *box);
#define cleanup_box cleanup_with(box_free)

struct boxes {
    struct box *items;
    size_t count;
};
void boxes_free(struct boxes *boxes);
#define cleanup_boxes cleanup_with(boxes_free)

/* All of ours, by label, newest first; with `all` also those that do not run. 0 or -1. */
int box_list(struct engine *engine, bool all, struct boxes *boxes, struct error *err);

/* A label's value, "" where there is none. Borrowed from the box. */
const char *box_label(const struct box *box, const char *label);
bool box_is_running(const struct box *box);

/* NAME, or where it is NULL the box of the current folder, else the only one running; an error
 * lists the candidates. */
int box_find(struct engine *engine, const char *name, bool running, struct box *box,
             struct error *err);

/* The choice of box_find(), pure: an index into `boxes`, or -1 with *err. A name may be given
 * without what all names share: "claudex-", and the hex digits where that is unambiguous.
 * `folder` is the current one, NULL if that is unknown. */
long box_choose(const struct boxes *boxes, const char *name, const char *folder, bool running,
                struct error *err);

/* The box that fits the name or the folder best, with `running` of those that run; -1 if none
 * does, -2 if several do. */
long box_fit(const struct boxes *boxes, const char *name, const char *folder, bool running);

#endif
