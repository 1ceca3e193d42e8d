/* SPDX-License-Identifier: GPL-2.0-or-later */
/* logs: what the first session of a box has written. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "plugin/engine/container.h"
#include "plugin/engine/frames.h"
#include "plugin/verbs.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"
#include "shared/parse.h"

static const struct option_spec options[] = {
    {'f', "follow", NULL, "go on until the box ends", COMPLETES_NOTHING, NULL},
    {'n', "tail", "LINES", "only the last ones", COMPLETES_NOTHING, NULL},
};

struct copy {
    bool tty;
    bool unread; /* nobody reads on */
    struct frames frames;
};

static int show(struct copy *copy, int fd, const char *bytes, size_t length, struct error *err)
{
    if (write_all(fd, bytes, length) == 0)
        return 0;
    copy->unread = errno == EPIPE;
    return error_errno(err, "cannot write");
}

static int copy_out(void *data, const char *bytes, size_t length, struct error *err)
{
    struct copy *copy = data;
    struct frame_piece piece;
    int more;
    if (copy->tty)
        return show(copy, STDOUT_FILENO, bytes, length, err);
    while ((more = frames_next(&copy->frames, &bytes, &length, &piece)) > 0)
        if (show(copy, piece.stream == FRAME_STDERR ? STDERR_FILENO : STDOUT_FILENO,
                 piece.bytes, piece.length, err) < 0)
            return -1;
    return more < 0 ? error_set(err, "the engine's stream broke") : 0;
}

static int run(struct invocation *invocation, struct error *err)
{
    const struct arguments *arguments = &invocation->arguments;
    const char *name, *tail = argument_value(arguments, "tail");
    cleanup_box struct box box = {0};
    json_t *inspect = NULL;
    uint64_t lines = 0;
    char query[128];
    if (tail && strcmp(tail, "all") != 0 && parse_number(tail, 0, INT32_MAX, &lines) < 0)
        return error_usage(err, "--tail %s: expected a number of lines", quoted(tail));
    if (verb_name(invocation, &name, err) < 0 ||
        verb_box(invocation, name, false, &box, err) < 0 ||
        container_inspect(invocation->engine, box.id, &inspect, err) < 0)
        return -1;
    struct copy copy = {
        .tty = json_is_true(json_object_get(json_object_get(inspect, "Config"), "Tty"))};
    json_decref(inspect);
    (void)snprintf(query, sizeof query, "/logs?stdout=1&stderr=1&follow=%d&tail=%s",
                   argument_flag(arguments, "follow"), tail ? tail : "all");
    cleanup_free char *path = container_path(box.id, query);
    if (!path)
        return error_set(err, "out of memory");
    const struct engine_stream stream = {
        .method = "GET", .path = path, .sink = copy_out, .data = &copy};
    if (engine_stream(invocation->engine, &stream, err) == 0)
        return 0;
    if (engine_cancelled()) /* the one way out of --follow */
        return EXIT_SIGNAL_BASE + SIGINT;
    return copy.unread ? EXIT_SIGNAL_BASE + SIGPIPE : -1;
}

const struct command cmd_logs = {
    .name = "logs",
    .operands = "[NAME]",
    .summary = "Show what the first session of a box has written",
    .options = options,
    .option_count = array_length(options),
    .completes = COMPLETES_BOX,
    .run = run,
};
