/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/engine/container.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "plugin/engine/reply.h"
#include "plugin/hold.h"
#include "shared/log.h"
#include "shared/names.h"
#include "shared/parse.h"

char *container_path(const char *id, const char *tail)
{
    char *path = NULL;
    cleanup_free char *escaped = engine_escape(id);
    return escaped && asprintf(&path, "/containers/%s%s", escaped, tail) >= 0 ? path : NULL;
}

/* A request about a container for which 404 and, where `fine` says so, another status is no
 * failure. */
static int request(struct engine *engine, const char *method, const char *id, const char *tail,
                   json_t **reply, long fine, long *status, struct error *err)
{
    json_t *answer = NULL;
    cleanup_free char *path = container_path(id, tail);
    *status = 0;
    if (!path)
        return error_set(err, "out of memory");
    int failed = engine_request(engine, method, path, NULL, &answer, status, err);
    if (!failed && *status >= 400 && *status != 404 && *status != fine) {
        cleanup_free char *text = json_dumps(answer, JSON_COMPACT | JSON_ENCODE_ANY);
        failed = engine_reply_error(*status, text ? text : "", text ? strlen(text) : 0, err);
    }
    if (!failed && reply)
        *reply = json_incref(answer);
    json_decref(answer);
    return failed;
}

int container_inspect(struct engine *engine, const char *id, json_t **inspect,
                      struct error *err)
{
    long status;
    *inspect = NULL;
    if (request(engine, "GET", id, "/json", inspect, 0, &status, err) < 0)
        return -1;
    if (status != 404)
        return 1;
    json_decref(*inspect);
    *inspect = NULL;
    return 0;
}

/* --- create and start ----------------------------------------------------------------- */

/* The engine tells causes apart by their words only (daemon/errors.go, images, libnetwork). */
static enum obstacle find_obstacle(long status, const char *message)
{
    if (status == 409 && strstr(message, "already in use by container"))
        return OBSTACLE_NAME;
    if (strcasestr(message, "no such image"))
        return OBSTACLE_IMAGE;
    if (strstr(message, "network " NETWORK_NAME " not found"))
        return OBSTACLE_NETWORK;
    return OBSTACLE_NONE;
}

/* Words that help, behind the engine's own. */
static const char *remedy(const char *message)
{
    static const struct {
        const char *part, *remedy;
    } remedies[] = {
        {"nvalid runtime name", "`docker info` lists the runtimes that this engine knows"},
        {"port is already allocated", "another program or box has this port; publish another"},
        {"address already in use", "another program or box has this port; publish another"},
        {"exec: \"" BOX_INIT "\"",
         "claudex-init cannot be run in this image; is it one of another kind of CPU?"},
        {"no space left on device", "the engine's disk is full: `docker system df` shows by "
                                    "what"},
    };
    for (size_t i = 0; i < array_length(remedies); i++)
        if (strstr(message, remedies[i].part))
            return remedies[i].remedy;
    return NULL;
}

int container_refusal(long status, const json_t *answer, enum obstacle *obstacle,
                      struct error *err)
{
    const char *message = json_string_value(json_object_get(answer, "message"));
    cleanup_free char *text = json_dumps(answer, JSON_COMPACT | JSON_ENCODE_ANY);
    (void)engine_reply_error(status, text ? text : "", text ? strlen(text) : 0, err);
    *obstacle = find_obstacle(status, message ? message : "");
    const char *help = message ? remedy(message) : NULL;
    size_t used = strlen(err->text);
    if (help)
        (void)snprintf(err->text + used, sizeof err->text - used, "\n%s", help);
    return -1;
}

int container_create(struct engine *engine, const char *name, json_t *spec, char **id,
                     enum obstacle *obstacle, struct error *err)
{
    char path[256];
    long status = 0;
    json_t *answer = NULL;
    sigset_t before;
    *obstacle = OBSTACLE_NONE;
    *id = NULL;
    cleanup_free char *escaped = engine_escape(name);
    if (!escaped)
        return error_set(err, "out of memory");
    (void)snprintf(path, sizeof path, "/containers/create?name=%s", escaped);
    signals_hold(&before);
    int failed = engine_request(engine, "POST", path, spec, &answer, &status, err);
    if (!failed && status >= 400)
        failed = container_refusal(status, answer, obstacle, err);
    const char *made = json_string_value(json_object_get(answer, "Id"));
    if (!failed && (!made || !(*id = strdup(made))))
        failed = error_set(err, "the engine made a container and did not say which");
    json_decref(answer);
    signals_release(&before);
    return failed;
}

int container_start(struct engine *engine, const char *id, enum obstacle *obstacle,
                    struct error *err)
{
    long status = 0;
    json_t *answer = NULL;
    *obstacle = OBSTACLE_NONE;
    cleanup_free char *path = container_path(id, "/start");
    if (!path)
        return error_set(err, "out of memory");
    int failed = engine_request(engine, "POST", path, NULL, &answer, &status, err);
    if (!failed && status >= 400)
        failed = container_refusal(status, answer, obstacle, err);
    json_decref(answer);
    return failed;
}

/* --- the end -------------------------------------------------------------------------- */

int container_stop(struct engine *engine, const char *id, long seconds, struct error *err)
{
    char tail[64];
    long status;
    (void)snprintf(tail, sizeof tail, "/stop?t=%ld", seconds);
    return request(engine, "POST", id, tail, NULL, 0, &status, err);
}

int container_remove(struct engine *engine, const char *id, bool force, struct error *err)
{
    long status;
    /* 409: its removal is under way already, by AutoRemove for one. */
    const char *tail = force ? "?v=1&force=1" : "?v=1";
    return request(engine, "DELETE", id, tail, NULL, force ? 409 : 0, &status, err);
}

void container_await_removal(struct engine *engine, const char *id)
{
    long status;
    struct error gone = ERROR_INIT;
    (void)request(engine, "POST", id, "/wait?condition=removed", NULL, 0, &status, &gone);
}

struct death {
    bool known;
    int status;
};

static int take_event(void *data, const json_t *event, struct error *err)
{
    struct death *death = data;
    uint64_t code;
    const json_t *attributes = json_object_get(json_object_get(event, "Actor"), "Attributes");
    const char *text = json_string_value(json_object_get(attributes, "exitCode"));
    if (!text || parse_number(text, 0, 255, &code) < 0)
        return 0;
    *death = (struct death){.known = true, .status = (int)code};
    return error_set(err, "enough"); /* ends the request */
}

static int feed_events(void *data, const char *bytes, size_t length, struct error *err)
{
    return json_lines_feed(data, bytes, length, err);
}

/* The engine remembers its last events, also of what is gone (GET /events). */
static int remembered_status(struct engine *engine, const char *id, int *status,
                             struct error *err)
{
    struct death death = {.known = false};
    struct json_lines lines = {
        .rest = BUF_INIT(JSON_LINE_MAX), .object = take_event, .data = &death};
    cleanup_free char *filters = NULL, *path = NULL, *escaped = NULL;
    if (asprintf(&filters, "{\"container\":[\"%s\"],\"event\":[\"die\"]}", id) < 0)
        filters = NULL;
    escaped = filters ? engine_escape(filters) : NULL;
    /* The engine's clock need not be ours: a little later, and ended by what is looked for. */
    if (!escaped || asprintf(&path, "/events?since=1&until=%ld&filters=%s",
                             (long)time(NULL) + 2, escaped) < 0) {
        path = NULL;
        return error_set(err, "out of memory");
    }
    const struct engine_stream stream = {
        .method = "GET", .path = path, .sink = feed_events, .data = &lines};
    int failed = engine_stream(engine, &stream, err);
    buf_free(&lines.rest);
    if (failed && !death.known)
        return -1;
    if (!death.known)
        return error_set(err, "the box is gone, and the engine does not know with which exit "
                              "status it ended");
    *status = death.status;
    return 0;
}

int container_wait(struct engine *engine, const char *id, bool removed, int *status,
                   struct error *err)
{
    long code;
    json_t *answer = NULL;
    const char *tail = removed ? "/wait?condition=removed" : "/wait";
    if (request(engine, "POST", id, tail, &answer, 0, &code, err) < 0)
        return -1;
    const json_t *number = json_object_get(answer, "StatusCode");
    const bool known = code != 404 && json_is_integer(number);
    if (known)
        *status = (int)json_integer_value(number);
    json_decref(answer);
    return known ? 0 : remembered_status(engine, id, status, err);
}
