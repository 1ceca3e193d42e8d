/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/engine/http.h"
#include "plugin/engine/reply.h"
#include "shared/buf.h"
#include "shared/log.h"
#include "shared/parse.h"

/* API versions are 1.MINOR. The oldest: Docker 20.10. The newest: what this is tested with. */
enum { API_OLDEST = 41, API_NEWEST = 45 };

struct engine {
    const struct endpoint *endpoint;
    struct http *http;
    char version[16];
    struct engine_info info;
    bool informed;
    bool asked; /* engine_info_begin() is under way, with these: */
    struct http_exchange info_exchange;
    char *info_path;
};

/* "1.45" → 45, -1 for anything else. */
static int api_minor(const char *version)
{
    uint64_t minor;
    if (strncmp(version, "1.", 2) != 0 || parse_number(version + 2, 0, 999, &minor) < 0)
        return -1;
    return (int)minor;
}

static int negotiate(struct engine *engine, const char *where, struct error *err)
{
    struct http_exchange ping = {.method = "GET", .path = "/_ping", .reply = BUF_INIT(1 << 16)};
    int failed = http_exchange(engine->http, &ping, err);
    if (failed == 0 && ping.status >= 400)
        failed = engine_reply_error(ping.status, ping.reply.data, ping.reply.length, err);
    buf_free(&ping.reply);
    if (failed < 0)
        return -1;
    int theirs = api_minor(ping.api_version), spoken = theirs;
    if (theirs < 0)
        return error_set(err, "what answers at %s is no Docker engine", quoted(where));
    if (theirs < API_OLDEST)
        return error_set(err,
                         "the Docker engine at %s is too old: it speaks API %s, claudex needs "
                         "1.%d (Docker 20.10)\nupdate Docker, or name another engine with "
                         "--context",
                         quoted(where), ping.api_version, API_OLDEST);
    if (spoken > API_NEWEST)
        spoken = API_NEWEST;
    const char *wanted = getenv("DOCKER_API_VERSION"); /* as the docker CLI */
    if (wanted && *wanted) {
        spoken = api_minor(wanted);
        if (spoken < API_OLDEST || spoken > theirs)
            return error_set(err,
                             "DOCKER_API_VERSION=%s: expected 1.%d to %s, which this engine "
                             "speaks; or unset it",
                             quoted(wanted), API_OLDEST, ping.api_version);
    }
    (void)snprintf(engine->version, sizeof engine->version, "1.%d", spoken);
    return 0;
}

struct engine *engine_open(const struct endpoint *endpoint, struct error *err)
{
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine) {
        error_set(err, "out of memory");
        return NULL;
    }
    engine->endpoint = endpoint;
    if (cancel_prepare(err) < 0 || !(engine->http = http_open(endpoint, err)) ||
        negotiate(engine, endpoint->address, err) < 0)
        engine_close(&engine);
    return engine;
}

void engine_close(struct engine **engine)
{
    struct engine *old = take_ptr(*engine);
    if (!old)
        return;
    http_close(&old->http);
    buf_free(&old->info_exchange.reply);
    free(old->info_path);
    free(old);
}

const struct endpoint *engine_endpoint(const struct engine *engine)
{
    return engine->endpoint;
}

const char *engine_api_version(const struct engine *engine)
{
    return engine->version;
}

/* "/info" → "/v1.45/info"; the caller's, NULL when it cannot be. */
static char *versioned(const struct engine *engine, const char *path, struct error *err)
{
    struct buf whole = BUF_INIT(64 * 1024);
    if (buf_printf(&whole, "/v%s%s", engine->version, path) < 0) {
        error_set(err, "the request %.60s is too long", quoted(path));
        buf_free(&whole);
        return NULL;
    }
    return buf_take(&whole);
}

static int parse_reply(const struct buf *bytes, json_t **reply, struct error *err)
{
    *reply = NULL;
    if (bytes->length == 0)
        return 0;
    json_error_t where;
    *reply = json_loadb(bytes->data, bytes->length, JSON_DECODE_ANY, &where);
    if (!*reply)
        return error_set(err, "the engine's answer is not JSON: %s", quoted(where.text));
    return 0;
}

int engine_request(struct engine *engine, const char *method, const char *path, json_t *body,
                   json_t **reply, long *status, struct error *err)
{
    if (reply)
        *reply = NULL;
    cleanup_free char *whole = versioned(engine, path, err);
    cleanup_free char *text = body ? json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (!whole)
        return -1;
    if (body && !text)
        return error_set(err, "cannot write the request %s as JSON", quoted(path));
    struct http_exchange exchange = {.method = method,
                                     .path = whole,
                                     .content_type = text ? "application/json" : NULL,
                                     .body = text,
                                     .body_length = text ? strlen(text) : 0,
                                     .reply = BUF_INIT(ENGINE_REPLY_MAX)};
    int failed = http_exchange(engine->http, &exchange, err);
    cleanup_buf struct buf bytes = exchange.reply;
    if (failed < 0)
        return -1;
    if (status)
        *status = exchange.status;
    else if (exchange.status >= 400)
        return engine_reply_error(exchange.status, bytes.data, bytes.length, err);
    return reply ? parse_reply(&bytes, reply, err) : 0;
}

int engine_stream(struct engine *engine, const struct engine_stream *stream, struct error *err)
{
    cleanup_free char *whole = versioned(engine, stream->path, err);
    if (!whole)
        return -1;
    struct http_exchange exchange = {.method = stream->method,
                                     .path = whole,
                                     .content_type = stream->content_type,
                                     .headers = stream->headers,
                                     .source = stream->source,
                                     .sink = stream->sink,
                                     .idle = stream->idle,
                                     .data = stream->data,
                                     .reply = BUF_INIT(ENGINE_REPLY_MAX)};
    int failed = http_exchange(engine->http, &exchange, err);
    cleanup_buf struct buf bytes = exchange.reply;
    if (failed < 0)
        return -1;
    if (exchange.status >= 400)
        return engine_reply_error(exchange.status, bytes.data, bytes.length, err);
    return 0;
}

int engine_hijack(struct engine *engine, const char *path, json_t *body, struct error *err)
{
    cleanup_free char *whole = versioned(engine, path, err);
    cleanup_free char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    if (!whole)
        return -1;
    if (body && !text)
        return error_set(err, "cannot write the request %s as JSON", quoted(path));
    cleanup_fd int fd = http_connect(engine->http, err);
    if (fd < 0 || engine_upgrade(fd, whole, text, err) < 0)
        return -1;
    return take_fd(&fd);
}

/* --- what it is ----------------------------------------------------------------------- */

static void copy_text(const json_t *object, const char *key, char *out, size_t size)
{
    const char *text = json_string_value(json_object_get(object, key));
    (void)snprintf(out, size, "%s", text ? text : "");
}

static bool has_option(const json_t *options, const char *wanted)
{
    size_t i;
    const json_t *option;
    json_array_foreach(options, i, option)
    {
        const char *text = json_string_value(option);
        size_t length = strlen(wanted);
        /* "name=seccomp,profile=builtin" */
        if (text && strncmp(text, wanted, length) == 0 &&
            (text[length] == '\0' || text[length] == ','))
            return true;
    }
    return false;
}

/* Engines ask runc and containerd for their versions each time: 10 ms. */
void engine_info_begin(struct engine *engine)
{
    struct error ignored = ERROR_INIT; /* engine_info() then asks by itself */
    struct error *err = &ignored;
    if (engine->informed || engine->info_path || engine->endpoint->kind == ENDPOINT_SSH)
        return;
    engine->info_path = versioned(engine, "/info", err);
    engine->info_exchange = (struct http_exchange){
        .method = "GET", .path = engine->info_path, .reply = BUF_INIT(ENGINE_REPLY_MAX)};
    engine->asked =
        engine->info_path && http_begin(engine->http, &engine->info_exchange, err) == 0;
}

static int ask_info(struct engine *engine, json_t **reply, struct error *err)
{
    struct http_exchange *exchange = &engine->info_exchange;
    if (!engine->asked)
        return engine_request(engine, "GET", "/info", NULL, reply, NULL, err);
    engine->asked = false;
    if (http_end(engine->http, err) < 0)
        return -1;
    if (exchange->status >= 400)
        return engine_reply_error(exchange->status, exchange->reply.data,
                                  exchange->reply.length, err);
    return parse_reply(&exchange->reply, reply, err);
}

const struct engine_info *engine_info(struct engine *engine, struct error *err)
{
    if (engine->informed)
        return &engine->info;
    json_t *reply = NULL;
    if (ask_info(engine, &reply, err) < 0)
        return NULL;
    struct engine_info *info = &engine->info;
    const json_t *security = json_object_get(reply, "SecurityOptions");
    const char *system = json_string_value(json_object_get(reply, "OperatingSystem"));
    const char *cgroup = json_string_value(json_object_get(reply, "CgroupVersion"));
    info->rootless = has_option(security, "name=rootless");
    info->userns_remap = has_option(security, "name=userns");
    info->desktop = system && strncmp(system, "Docker Desktop", strlen("Docker Desktop")) == 0;
    info->cgroup_v2 = cgroup && strcmp(cgroup, "2") == 0;
    copy_text(reply, "ServerVersion", info->version, sizeof info->version);
    copy_text(reply, "KernelVersion", info->kernel, sizeof info->kernel);
    copy_text(reply, "Architecture", info->architecture, sizeof info->architecture);
    copy_text(reply, "OSType", info->os_type, sizeof info->os_type);
    json_decref(reply);
    engine->informed = true;
    return info;
}
