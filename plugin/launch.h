/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a plan to a box that runs: create, put in what may not be inspected, attach, start; and
 * back to nothing if any of it fails or is cancelled.
 */
#ifndef CLAUDEX_PLUGIN_LAUNCH_H
#define CLAUDEX_PLUGIN_LAUNCH_H

#include <jansson.h>
#include <stdbool.h>

#include "plugin/engine/engine.h"
#include "plugin/session/build.h"
#include "shared/error.h"

struct custom;

struct launch {
    struct engine *engine;
    struct plan *plan;
    const char *image;
    const char *socket;          /* the engine's */
    bool build_image;            /* the image is ours to make where it is not here, */
    const struct custom *custom; /* and with packages; or NULL */
    bool own_image;              /* the user's: claudex-init is put into it */
    bool keep;                   /* --keep: no AutoRemove */
    bool detached;               /* -d */
    bool tty, open_stdin;

    /* Made on the way; launch_free() frees them. */
    json_t *spec;
    char *init;     /* path of claudex-init for an image of the user's own, */
    bool copy_init; /*   copied in, not mounted; */
    char *packages; /* of the custom image: value of LABEL_PACKAGES */
    char *id;       /* of the container, once there is one */
    char *folder;   /* of the box (plugin/state.h), or NULL where nothing has to lie outside */
    int lock;       /* on that, until the box runs; -1 */
    bool restart;   /* `id` was there before: it is started again, and not removed on failure */
};
void launch_free(struct launch *launch);

/* True where the engine's kernel is surely this one. */
bool launch_shares_kernel(const struct launch *launch);

/* Finds what an image of the user's own lacks. 0 or -1. */
int launch_find_init(struct launch *launch, struct error *err);

/* Fills in launch->spec, anew if it is there: after every change of the plan. */
int launch_spec(struct launch *launch, struct error *err);

/* 1 when another container has the name, 0 when the box runs, -1; on 1 and -1 nothing is left.
 * *stream is the connection to its session, the caller's. */
int launch_start(struct launch *launch, int *stream, struct error *err);

/* Stays with the session until its end, and says its exit status. */
int launch_attached(struct launch *launch, int stream, const char *detach_keys,
                    struct error *err);

/* Waits until the session runs, or has ended, and then what it said is told and its status
 * returned. */
int launch_detached(struct launch *launch, int stream, struct error *err);

#endif
