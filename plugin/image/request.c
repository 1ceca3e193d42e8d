/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/image/request.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/engine/reply.h"
#include "plugin/image/progress.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/parse.h"

enum { REQUEST_MAX = 64 * 1024 };

bool builder_is_buildkit(void)
{
    bool value;
    const char *text = getenv("DOCKER_BUILDKIT");
    return text && parse_bool(text, &value) == 0 && value;
}

struct request {
    struct archive_writer *context;
    struct json_lines lines;
    struct progress progress;
};

static long on_source(void *data, char *bytes, size_t size, struct error *err)
{
    struct request *request = data;
    return archive_source(request->context, bytes, size, err);
}

static int on_bytes(void *data, const char *bytes, size_t length, struct error *err)
{
    struct request *request = data;
    return json_lines_feed(&request->lines, bytes, length, err);
}

static void on_idle(void *data)
{
    struct request *request = data;
    progress_tick(&request->progress);
}

static int request_path(const struct image_request *wanted, struct buf *path)
{
    cleanup_free char *json = json_dumps(wanted->arguments, JSON_COMPACT | JSON_SORT_KEYS);
    cleanup_free char *json_text = json ? engine_escape(json) : NULL;
    cleanup_free char *tag_text = engine_escape(wanted->tag);
    if (!json_text || !tag_text)
        return -1;
    /* BuildKit's clients have a gRPC session beside the request, for files of theirs and for
     * logins at registries. Here all files are in the context, and the base is pulled before.
     */
    return buf_printf(path, "/build?version=%d&rm=1&forcerm=1&t=%s&nocache=%d&buildargs=%s",
                      wanted->buildkit ? 2 : 1, tag_text, wanted->no_cache, json_text);
}

static int run_request(struct engine *engine, struct request *request, const char *path,
                       struct error *err)
{
    const struct engine_stream stream = {.method = "POST",
                                         .path = path,
                                         .content_type = "application/x-tar",
                                         .source = on_source,
                                         .sink = on_bytes,
                                         .idle = on_idle,
                                         .data = request};
    struct progress *progress = &request->progress;
    int failed = engine_stream(engine, &stream, err);
    progress_end(progress);
    if (failed == 0 && progress->failure.status != 0) {
        progress_print_log(progress);
        *err = progress->failure;
        failed = -1;
    }
    if (failed == 0 && progress->id[0] == '\0')
        failed = error_set(err, "the engine ended the build without an image");
    if (failed && !engine_cancelled())
        progress_advise(progress, err);
    return failed;
}

int image_request(struct engine *engine, const struct image_request *wanted, char **id,
                  struct error *err)
{
    cleanup_buf struct buf path = BUF_INIT(REQUEST_MAX);
    if (request_path(wanted, &path) < 0)
        return error_set(err, "the build arguments are too long");
    struct request *request = calloc(1, sizeof *request); /* its log is too much for a stack */
    if (!request)
        return error_set(err, "out of memory");
    request->context = wanted->context;
    request->lines = (struct json_lines){
        .rest = BUF_INIT(JSON_LINE_MAX), .object = progress_object, .data = &request->progress};
    progress_start(&request->progress, wanted->quiet);
    request->progress.line = wanted->line;
    request->progress.data = wanted->data;
    progress_step(&request->progress, "sending the sources to the engine");
    int failed = run_request(engine, request, path.data, err);
    if (failed && engine_cancelled())
        error_set(err, "building the image %s was cancelled", quoted(wanted->tag));
    else if (failed)
        error_prefix(err, "building the image %s failed", quoted(wanted->tag));
    else if (!(*id = strdup(request->progress.id)))
        failed = error_set(err, "out of memory");
    progress_free(&request->progress);
    buf_free(&request->lines.rest);
    free(request);
    return failed;
}
