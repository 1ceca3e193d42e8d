/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/oneshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/archive/archive.h"
#include "plugin/engine/frames.h"
#include "shared/cleanup.h"
#include "shared/log.h"

struct output {
    struct frames frames;
    struct buf *out, *log;
};

static int on_bytes(void *data, const char *bytes, size_t length, struct error *err)
{
    struct output *output = data;
    struct frame_piece piece;
    int more;
    while ((more = frames_next(&output->frames, &bytes, &length, &piece)) > 0) {
        struct buf *to = piece.stream == FRAME_STDOUT ? output->out : output->log;
        if (buf_append(to, piece.bytes, piece.length) < 0)
            return error_set(err, "the container said more than %zu KiB", to->max >> 10);
    }
    return more < 0 ? error_set(err, "the engine's stream of a container's log is broken") : 0;
}

static int run(struct engine *engine, const char *id, struct output *output, struct error *err)
{
    char path[160];
    json_t *reply = NULL;
    (void)snprintf(path, sizeof path, "/containers/%s/start", id);
    if (engine_request(engine, "POST", path, NULL, NULL, NULL, err) < 0)
        return -1;
    (void)snprintf(path, sizeof path, "/containers/%s/wait", id);
    if (engine_request(engine, "POST", path, NULL, &reply, NULL, err) < 0)
        return -1;
    int status = (int)json_integer_value(json_object_get(reply, "StatusCode"));
    json_decref(reply);
    (void)snprintf(path, sizeof path, "/containers/%s/logs?stdout=1&stderr=1", id);
    const struct engine_stream logs = {
        .method = "GET", .path = path, .sink = on_bytes, .data = output};
    return engine_stream(engine, &logs, err) < 0 ? -1 : status;
}

static int put(struct engine *engine, const char *id, struct archive_writer *files,
               struct error *err)
{
    char path[160];
    (void)snprintf(path, sizeof path, "/containers/%s/archive?path=%%2F", id);
    const struct engine_stream stream = {.method = "PUT",
                                         .path = path,
                                         .content_type = "application/x-tar",
                                         .source = archive_source,
                                         .data = files};
    return files ? engine_stream(engine, &stream, err) : 0;
}

int oneshot_run(struct engine *engine, const json_t *spec, struct buf *out, struct buf *log,
                struct error *err)
{
    return oneshot_run_with(engine, spec, NULL, out, log, err);
}

int oneshot_run_with(struct engine *engine, const json_t *spec, struct archive_writer *files,
                     struct buf *out, struct buf *log, struct error *err)
{
    json_t *reply = NULL;
    json_t *body = json_deep_copy(spec);
    int failed = engine_request(engine, "POST", "/containers/create", body, &reply, NULL, err);
    json_decref(body);
    if (failed < 0)
        return -1;
    const char *id = json_string_value(json_object_get(reply, "Id"));
    char path[160];
    int status = -1;
    if (!id || strlen(id) > 128) {
        error_set(err, "the engine made a container and does not say which");
    } else {
        struct output output = {.out = out, .log = log};
        struct error ignored = ERROR_INIT;
        if (put(engine, id, files, err) == 0)
            status = run(engine, id, &output, err);
        engine_resume(); /* a cancelled one has to be removed, too */
        (void)snprintf(path, sizeof path, "/containers/%s?force=1&v=1", id);
        if (engine_request(engine, "DELETE", path, NULL, NULL, NULL, &ignored) < 0)
            warn("the container %.12s stays behind: %s", id, ignored.text);
    }
    json_decref(reply);
    return status;
}
