/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/image/inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/engine/container.h"
#include "plugin/image/image.h"
#include "shared/buf.h"
#include "shared/log.h"
#include "shared/names.h"

enum { PATH_TEXT_MAX = 1024 };

static void free_entry(struct image_entry *entry)
{
    free(entry->id);
    free(entry->name);
    free(entry->user);
    json_decref(entry->labels);
}

void inventory_free(struct inventory *inventory)
{
    for (size_t i = 0; i < inventory->count; i++)
        free_entry(&inventory->items[i]);
    free(inventory->items);
    *inventory = (struct inventory){0};
}

const char *image_entry_label(const struct image_entry *entry, const char *label)
{
    const char *text = json_string_value(json_object_get(entry->labels, label));
    return text ? text : "";
}

void inventory_keep(struct inventory *inventory, const char *label, const char *value)
{
    size_t kept = 0;
    for (size_t i = 0; i < inventory->count; i++) {
        struct image_entry *entry = &inventory->items[i];
        if (strcmp(image_entry_label(entry, label), value) == 0)
            inventory->items[kept++] = *entry;
        else
            free_entry(entry);
    }
    inventory->count = kept;
}

/* --- reading -------------------------------------------------------------------------- */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* The name of a container of this image, the caller's, or NULL. */
static char *user_of(const json_t *containers, const char *id)
{
    size_t i;
    json_t *container;
    json_array_foreach((json_t *)containers, i, container)
    {
        const char *name =
            json_string_value(json_array_get(json_object_get(container, "Names"), 0));
        if (strcmp(text_of(container, "ImageID"), id) == 0)
            return strdup(!name ? "?" : *name == '/' ? name + 1 : name);
    }
    return NULL;
}

static int add(struct inventory *inventory, const json_t *image, const json_t *containers)
{
    struct image_entry *entry = &inventory->items[inventory->count];
    const char *id = text_of(image, "Id");
    const char *tag = json_string_value(json_array_get(json_object_get(image, "RepoTags"), 0));
    /* Older engines call what has no name so. */
    const bool named = tag && strcmp(tag, "<none>:<none>") != 0;
    json_t *labels = json_object_get(image, "Labels");
    if (!named && !json_object_get(labels, LABEL_PACKAGES))
        return 0; /* the cache of builds */
    *entry = (struct image_entry){
        .id = strdup(id),
        .name = strdup(named ? tag : ""),
        .labels = json_incref(labels),
        .created = json_integer_value(json_object_get(image, "Created")),
        .size = json_integer_value(json_object_get(image, "Size")),
        .user = user_of(containers, id),
    };
    inventory->count++;
    return entry->id && entry->name ? 0 : -1;
}

int inventory_read(struct engine *engine, bool custom, struct inventory *inventory,
                   struct error *err)
{
    cleanup_free char *filters = NULL, *escaped = NULL, *path = NULL;
    json_t *images = NULL, *containers = NULL, *image;
    size_t i;
    if (asprintf(&filters, "{\"label\":[\"%s\"]}", custom ? LABEL_PACKAGES : LABEL_VERSION) < 0)
        filters = NULL;
    escaped = filters ? engine_escape(filters) : NULL;
    if (!escaped || asprintf(&path, "/images/json?filters=%s", escaped) < 0) {
        path = NULL;
        return error_set(err, "out of memory");
    }
    int failed = engine_request(engine, "GET", path, NULL, &images, NULL, err) < 0 ||
                 engine_request(engine, "GET", "/containers/json?all=1", NULL, &containers,
                                NULL, err) < 0;
    if (!failed) {
        inventory->items = calloc(json_array_size(images) + 1, sizeof *inventory->items);
        failed = !inventory->items;
        json_array_foreach(images, i, image) if (!failed) failed =
            add(inventory, image, containers) < 0;
        if (failed)
            error_set(err, "out of memory");
    }
    json_decref(images);
    json_decref(containers);
    return failed ? -1 : 0;
}

/* --- removing ------------------------------------------------------------------------- */

/* What lies above the base; all of it where that is gone. */
static int own_size(struct engine *engine, const struct image_entry *entry, json_int_t *bytes,
                    struct error *err)
{
    json_t *base = NULL;
    if (image_inspect(engine, image_entry_label(entry, LABEL_BASE), &base, err) < 0)
        return -1;
    *bytes = entry->size - json_integer_value(json_object_get(base, "Size"));
    *bytes = *bytes > 0 ? *bytes : 0;
    json_decref(base);
    return 0;
}

int image_entry_remove(struct engine *engine, const struct image_entry *entry,
                       json_int_t *freed, struct error *err)
{
    char path[PATH_TEXT_MAX];
    json_t *answer = NULL;
    long status = 0;
    enum obstacle ignored;
    cleanup_free char *name = engine_escape(*entry->name ? entry->name : entry->id);
    if (!name)
        return error_set(err, "out of memory");
    if (entry->user)
        return 0;
    if (own_size(engine, entry, freed, err) < 0)
        return -1;
    /* Never by force: then the engine refuses where a container has come meanwhile. */
    (void)snprintf(path, sizeof path, "/images/%s", name);
    int failed = engine_request(engine, "DELETE", path, NULL, &answer, &status, err);
    if (!failed && status >= 400 && status != 404 && status != 409)
        failed = container_refusal(status, answer, &ignored, err);
    json_decref(answer);
    return failed ? -1 : status != 409;
}
