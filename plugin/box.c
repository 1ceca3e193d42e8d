/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/box.h"

#include <sha2.h>
#include <stdio.h>
#include <string.h>

#include "shared/ascii.h"
#include "shared/buf.h"
#include "shared/log.h"
#include "shared/names.h"

#define NAME_PREFIX "claudex-"
enum { FOLDER_MAX = 40, HEX_DIGITS = 8, LIST_MAX = 64 * 1024 };

/* --- names ---------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int hash_paths(const char *const *paths, size_t count, char hex[65])
{
    const char **sorted = calloc(count + 1, sizeof *sorted);
    if (!sorted)
        return -1;
    memcpy(sorted, paths, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_text);
    SHA2_CTX sha;
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256Init(&sha);
    for (size_t i = 0; i < count; i++)
        SHA256Update(&sha, (const uint8_t *)sorted[i], strlen(sorted[i]) + 1);
    SHA256Final(digest, &sha);
    free(sorted);
    for (size_t i = 0; i < sizeof digest; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return 0;
}

char *box_name(const char *const *real_paths, size_t count)
{
    char folder[FOLDER_MAX + 1], hex[65], *name = NULL;
    size_t length = 0;
    const char *last = count > 0 ? strrchr(real_paths[0], '/') : NULL;
    for (last = last ? last + 1 : ""; *last && length < FOLDER_MAX; last++) {
        bool plain = is_letter(*last) || is_digit(*last) || strchr("_.-", *last);
        char c = plain ? *last : '-';
        /* One '-' for a whole character of several bytes, and for a run of odd ones. */
        if (c != '-' || (length > 0 && folder[length - 1] != '-'))
            folder[length++] = c;
    }
    while (length > 0 && folder[length - 1] == '-')
        length--;
    folder[length] = '\0';
    if (hash_paths(real_paths, count, hex) < 0 ||
        asprintf(&name, NAME_PREFIX "%s-%.*s", length > 0 ? folder : "folder", HEX_DIGITS,
                 hex) < 0)
        return NULL;
    return name;
}

/* --- the engine's list ---------------------------------------------------------------- */

void box_free(struct box *box)
{
    free(box->id);
    free(box->name);
    free(box->state);
    json_decref(box->summary);
    *box = (struct box){0};
}

void boxes_free(struct boxes *boxes)
{
    for (size_t i = 0; i < boxes->count; i++)
        box_free(&boxes->items[i]);
    free(boxes->items);
    *boxes = (struct boxes){0};
}

static char *copy_text(const json_t *json)
{
    const char *text = json_string_value(json);
    return strdup(text ? text : "");
}

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* A compose file cannot list in a label what it mounts; the engine can. */
static int tell_folders(json_t *summary)
{
    static const char workspace[] = BOX_WORKSPACE "/";
    json_t *labels = json_object_get(summary, "Labels"), *mount;
    size_t i;
    if (json_object_get(labels, LABEL_FOLDERS))
        return 0;
    json_t *folders = json_array();
    json_array_foreach(json_object_get(summary, "Mounts"), i, mount)
    {
        const char *target = json_string_value(json_object_get(mount, "Destination"));
        const char *type = json_string_value(json_object_get(mount, "Type"));
        if (target && type && strcmp(type, "bind") == 0 && has_prefix(target, workspace) &&
            !strchr(target + sizeof workspace - 1, '/'))
            (void)json_array_append(folders, json_object_get(mount, "Source"));
    }
    cleanup_free char *text = json_dumps(folders, JSON_COMPACT);
    const bool any = json_array_size(folders) > 0;
    json_decref(folders);
    if (any && text)
        (void)json_object_set_new(labels, LABEL_FOLDERS, json_string(text));
    return text ? 0 : -1;
}

static int box_from(json_t *summary, struct box *box)
{
    const char *name = json_string_value(json_array_get(json_object_get(summary, "Names"), 0));
    *box = (struct box){
        .id = copy_text(json_object_get(summary, "Id")),
        .name = strdup(name ? name + (name[0] == '/') : ""),
        .state = copy_text(json_object_get(summary, "State")),
        .summary = json_incref(summary),
    };
    return box->id && box->name && box->state ? tell_folders(summary) : -1;
}

int box_list(struct engine *engine, bool all, struct boxes *boxes, struct error *err)
{
    char path[256];
    json_t *reply = NULL, *summary;
    size_t i;
    cleanup_free char *filter = engine_escape("{\"label\":[\"" LABEL_BOX "\"]}");
    if (!filter)
        return error_set(err, "out of memory");
    (void)snprintf(path, sizeof path, "/containers/json?all=%d&filters=%s", all, filter);
    if (engine_request(engine, "GET", path, NULL, &reply, NULL, err) < 0)
        return -1;
    int failed = 0;
    boxes->items = calloc(json_array_size(reply) + 1, sizeof *boxes->items);
    if (!boxes->items)
        failed = error_set(err, "out of memory");
    json_array_foreach(reply, i, summary)
    {
        if (!failed && box_from(summary, &boxes->items[boxes->count++]) < 0)
            failed = error_set(err, "out of memory");
    }
    json_decref(reply);
    return failed;
}

const char *box_label(const struct box *box, const char *label)
{
    const json_t *labels = json_object_get(box->summary, "Labels");
    const char *value = json_string_value(json_object_get(labels, label));
    return value ? value : "";
}

bool box_is_running(const struct box *box)
{
    return strcmp(box->state, "running") == 0 || strcmp(box->state, "paused") == 0;
}

/* --- the choice ----------------------------------------------------------------------- */

/* How well a box answers to a name: 3 for it, 2 and 1 for its short forms, 0 not at all. */
static int name_fits(const struct box *box, const char *name)
{
    if (strcmp(box->name, name) == 0 || (strlen(name) >= 12 && has_prefix(box->id, name)))
        return 3;
    if (!has_prefix(box->name, NAME_PREFIX))
        return 0;
    const char *rest = box->name + strlen(NAME_PREFIX);
    if (strcmp(rest, name) == 0)
        return 2;
    return has_prefix(rest, name) && rest[strlen(name)] == '-' &&
           strlen(rest) == strlen(name) + 1 + HEX_DIGITS;
}

/* 2 for a box of that folder, 1 for one of a folder above it. */
static int folder_fits(const struct box *box, const char *folder)
{
    int best = 0;
    size_t i;
    const json_t *item;
    json_t *list = json_loads(box_label(box, LABEL_FOLDERS), 0, NULL);
    json_array_foreach(list, i, item)
    {
        const char *path = json_string_value(item);
        if (path && strcmp(path, folder) == 0)
            best = 2;
        else if (path && best == 0 && has_prefix(folder, path) && folder[strlen(path)] == '/')
            best = 1;
    }
    json_decref(list);
    return best;
}

struct wish {
    const char *name, *folder;
    bool running;
};

static int fits(const struct box *box, const struct wish *wish)
{
    if (wish->running && !box_is_running(box))
        return 0;
    if (wish->name)
        return name_fits(box, wish->name);
    return wish->folder ? folder_fits(box, wish->folder) : 0;
}

/* The only one that fits best; -1 if there is none, -2 if there are several. */
static long best_fit(const struct boxes *boxes, const struct wish *wish)
{
    int best = 0;
    long found = -1;
    for (size_t i = 0; i < boxes->count; i++) {
        /* Of two that fit alike, the one that runs is meant. */
        int fit = 2 * fits(&boxes->items[i], wish);
        fit += fit > 0 && box_is_running(&boxes->items[i]);
        if (fit > best) {
            best = fit;
            found = (long)i;
        } else if (fit > 0 && fit == best) {
            found = -2;
        }
    }
    return found;
}

static long only_running(const struct boxes *boxes)
{
    long found = -1;
    for (size_t i = 0; i < boxes->count; i++)
        if (box_is_running(&boxes->items[i]))
            found = found == -1 ? (long)i : -2;
    return found;
}

static long refuse(const struct boxes *boxes, const struct wish *wish, bool several,
                   struct error *err)
{
    cleanup_buf struct buf list = BUF_INIT(LIST_MAX);
    for (size_t i = 0; i < boxes->count; i++) {
        const struct box *box = &boxes->items[i];
        if (!wish->running || box_is_running(box))
            (void)buf_printf(&list, "\n  %s (%s)", quoted(box->name), quoted(box->state));
    }
    const char *kind = wish->running ? "running box" : "box";
    if (list.length == 0 && wish->name)
        return error_set(err, "there is no %s %s, nor any other", kind, quoted(wish->name));
    if (list.length == 0)
        return error_set(err, "there is no %s; start one: docker claudex run", kind);
    if (wish->name)
        return error_set(err, "%s is the name of %s %s; there %s:%s", quoted(wish->name),
                         several ? "more than one" : "no", kind,
                         boxes->count == 1 ? "is" : "are", list.data);
    return error_set(err, "which box? Name one:%s", list.data);
}

long box_choose(const struct boxes *boxes, const char *name, const char *folder, bool running,
                struct error *err)
{
    const struct wish wish = {name, folder, running};
    long found = best_fit(boxes, &wish);
    if (found == -1 && !name) {
        found = only_running(boxes);
        if (found == -1 && !running && boxes->count == 1)
            found = 0;
    }
    return found >= 0 ? found : refuse(boxes, &wish, found == -2, err);
}

long box_fit(const struct boxes *boxes, const char *name, const char *folder, bool running)
{
    const struct wish wish = {name, folder, running};
    return best_fit(boxes, &wish);
}

int box_find(struct engine *engine, const char *name, bool running, struct box *box,
             struct error *err)
{
    cleanup_boxes struct boxes boxes = {0};
    cleanup_free char *folder = realpath(".", NULL);
    if (box_list(engine, true, &boxes, err) < 0)
        return -1;
    long chosen = box_choose(&boxes, name, folder, running, err);
    if (chosen < 0 || !boxes.items)
        return -1;
    *box = boxes.items[chosen];
    boxes.items[chosen] = (struct box){0};
    return 0;
}
