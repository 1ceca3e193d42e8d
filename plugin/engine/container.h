/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests about one container. `id` is an id or a name as the engine takes both.
 */
#ifndef CLAUDEX_PLUGIN_ENGINE_CONTAINER_H
#define CLAUDEX_PLUGIN_ENGINE_CONTAINER_H

#include <jansson.h>
#include <stdbool.h>

#include "plugin/engine/engine.h"
#include "shared/error.h"

/* GET /containers/{id}/json: 1 with a new reference, 0 if there is none, -1. */
int container_inspect(struct engine *engine, const char *id, json_t **inspect,
                      struct error *err);

/* What stands in the way of a create or start, where something can be done about it. */
enum obstacle {
    OBSTACLE_NONE,
    OBSTACLE_NAME,    /* another container has the name */
    OBSTACLE_IMAGE,   /* the image is not here */
    OBSTACLE_NETWORK, /* the network is not here */
};

/* POST /containers/create. *id is the caller's. On failure *obstacle says more. Signals that
 * would cancel are held back meanwhile: an answer that nobody hears leaves a container that
 * nobody knows of. */
int container_create(struct engine *engine, const char *name, json_t *spec, char **id,
                     enum obstacle *obstacle, struct error *err);
int container_start(struct engine *engine, const char *id, enum obstacle *obstacle,
                    struct error *err);

/* What is not there or has ended is fine for both. */
int container_stop(struct engine *engine, const char *id, long seconds, struct error *err);
int container_remove(struct engine *engine, const char *id, bool force, struct error *err);

/* Waits until one that is being removed, by itself or by others, is gone; its name is taken
 * until then. */
void container_await_removal(struct engine *engine, const char *id);

/* Waits until the container has ended, where `removed` until it is gone, and says its exit
 * status, also of one that is gone already. */
int container_wait(struct engine *engine, const char *id, bool removed, int *status,
                   struct error *err);

/* Fills *err from an answer of 400 and above, with words that help behind the engine's own, and
 * *obstacle. Returns -1. */
int container_refusal(long status, const json_t *answer, enum obstacle *obstacle,
                      struct error *err);

/* "/containers/ID/kill" and the like: the id escaped, `tail` as it is. The caller's. */
char *container_path(const char *id, const char *tail);

#endif
