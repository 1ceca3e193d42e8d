/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The images of claudex's that the engine has: its own, and custom ones.
 */
#ifndef CLAUDEX_PLUGIN_IMAGE_INVENTORY_H
#define CLAUDEX_PLUGIN_IMAGE_INVENTORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "plugin/engine/engine.h"
#include "shared/cleanup.h"
#include "shared/error.h"

struct image_entry {
    char *id;   /* "sha256:…" */
    char *name; /* its first tag, or "" where it has lost it to a newer one */
    json_t *labels;
    json_int_t created, size; /* seconds since 1970; bytes, those of its base included */
    char *user;               /* a container that uses it, also one that has ended, or NULL */
};
struct inventory {
    struct image_entry *items; /* newest first */
    size_t count;
};
void inventory_free(struct inventory *inventory);
#define cleanup_inventory cleanup_with(inventory_free)

/* All that have a name or are custom; with `custom` those only. 0 or -1. */
int inventory_read(struct engine *engine, bool custom, struct inventory *inventory,
                   struct error *err);

/* Drops the entries, not the images, whose label is not this. */
void inventory_keep(struct inventory *inventory, const char *label, const char *value);

/* A label's value, "" where there is none. Borrowed. */
const char *image_entry_label(const struct image_entry *entry, const char *label);

/* Removes a custom image and says what that freed: the bytes that it does not share with its
 * base. 1; 0 where a container uses it, which stays untouched; -1. */
int image_entry_remove(struct engine *engine, const struct image_entry *entry,
                       json_int_t *freed, struct error *err);

#endif
