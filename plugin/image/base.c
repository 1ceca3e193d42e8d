/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/image/base.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugin/engine/reply.h"
#include "plugin/image/arguments.h"
#include "plugin/image/image.h"
#include "plugin/image/progress.h"
#include "plugin/image/script.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/log.h"

/* --- pulling -------------------------------------------------------------------------- */

struct pull {
    struct json_lines lines;
    struct progress progress;
};

static int on_bytes(void *data, const char *bytes, size_t length, struct error *err)
{
    struct pull *pull = data;
    return json_lines_feed(&pull->lines, bytes, length, err);
}

static void on_idle(void *data)
{
    struct pull *pull = data;
    progress_tick(&pull->progress);
}

static int pull_path(const char *base, struct buf *path)
{
    char *name = NULL, *tag = NULL;
    int failed = image_reference(base, &name, &tag);
    cleanup_free char *name_text = failed ? NULL : engine_escape(name);
    cleanup_free char *tag_text = failed ? NULL : engine_escape(tag);
    free(name);
    free(tag);
    if (!name_text || !tag_text)
        return -1;
    return buf_printf(path, "/images/create?fromImage=%s&tag=%s", name_text, tag_text);
}

static int pull_image(struct engine *engine, const char *base, bool quiet, struct error *err)
{
    cleanup_buf struct buf path = BUF_INIT(4096);
    if (pull_path(base, &path) < 0)
        return error_set(err, "the image's name %s is too long", quoted(base));
    struct pull pull = {.lines = {.rest = BUF_INIT(JSON_LINE_MAX), .object = progress_object}};
    pull.lines.data = &pull.progress;
    char what[PROGRESS_LINE_MAX];
    (void)snprintf(what, sizeof what, "pulling %s", quoted(base));
    progress_start(&pull.progress, quiet);
    progress_step(&pull.progress, what);
    const struct engine_stream stream = {
        .method = "POST", .path = path.data, .sink = on_bytes, .idle = on_idle, .data = &pull};
    int failed = engine_stream(engine, &stream, err);
    progress_end(&pull.progress);
    if (failed == 0 && pull.progress.failure.status != 0) {
        *err = pull.progress.failure;
        failed = -1;
    }
    progress_free(&pull.progress);
    buf_free(&pull.lines.rest);
    return failed;
}

/* --- making --------------------------------------------------------------------------- */

static bool in_path(const char *program)
{
    const char *folders = getenv("PATH");
    cleanup_free char *copy = strdup(folders ? folders : "/usr/bin:/bin");
    char *state = NULL;
    for (char *at = copy ? strtok_r(copy, ":", &state) : NULL; at;
         at = strtok_r(NULL, ":", &state)) {
        cleanup_buf struct buf path = BUF_INIT(4096);
        if (buf_printf(&path, "%s/%s", at, program) == 0 && access(path.data, X_OK) == 0)
            return true;
    }
    return false;
}

static int make_image(struct engine *engine, const char *base, const char *folder,
                      struct error *err)
{
    cleanup_buf struct buf script = BUF_INIT(4096);
    if (buf_printf(&script, "%s/scripts/base-image", folder) < 0)
        return error_set(err, "the path %s is too long", quoted(folder));
    const char *const argv[] = {script.data, "--image", base, NULL};
    int status = script_run(argv, engine_endpoint(engine), err);
    if (status > 0)
        return error_set(err, "%s could not be made here; the reason is above", quoted(base));
    return status;
}

int image_base_provide(struct engine *engine, const char *base, const char *folder,
                       bool bootstrap, bool quiet, struct error *err)
{
    /* What the script makes is a Debian: it would be a lie under any other name. */
    bool makeable = strncmp(base, "debian:", strlen("debian:")) == 0;
    int there = image_exists(engine, base, err);
    if (there != 0)
        return there < 0 ? -1 : 0;
    if (bootstrap && !makeable)
        return error_usage(err, "--bootstrap makes a Debian; it cannot make %s", quoted(base));
    if (bootstrap)
        return make_image(engine, base, folder, err);
    if (pull_image(engine, base, quiet, err) == 0)
        return 0;
    if (engine_cancelled())
        return -1;
    if (makeable && in_path("mmdebstrap")) {
        info("cannot pull %s (%s); making it out of Debian's packages", quoted(base),
             err->text);
        return make_image(engine, base, folder, err);
    }
    struct error why = *err;
    if (!makeable)
        return error_set(
            err,
            "cannot pull the base image %s: %s\n"
            "if its registry wants a login, the docker client has it: docker pull %s",
            quoted(base), why.text, quoted(base));
    return error_set(
        err,
        "cannot pull the base image %s: %s\n"
        "without a registry it can be made here: apt-get install mmdebstrap, then: "
        "docker claudex build --bootstrap; or name another with --base IMAGE",
        quoted(base), why.text);
}
