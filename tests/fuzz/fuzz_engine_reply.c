/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/engine/reply.c plugin/engine/head.c plugin/engine/cancel.c
 * plugin/image/progress.c plugin/image/trace.c */
/*
 * An engine's stream of objects as shown while it builds, its error messages, and its answer to
 * a request for an upgrade. The first byte says how large the pieces are. Whatever it says,
 * only harmless text is kept, and an upgraded connection begins behind the answer's head.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugin/engine/head.h"
#include "plugin/engine/reply.h"
#include "plugin/image/progress.h"
#include "shared/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool promise)
{
    if (!promise)
        abort();
}

static void harmless(const char *text)
{
    must(utf8_is_valid(text, strlen(text)));
    for (const char *at = text; *at; at++)
        must((unsigned char)*at >= ' ' && *at != 0x7f);
}

static void upgrade(const uint8_t *answer, size_t size)
{
    enum { ANSWER_MAX = 64 * 1024 }; /* what a socket holds without a reader */
    struct error err = ERROR_INIT;
    char rest[4096];
    int ends[2];
    size = size < ANSWER_MAX ? size : ANSWER_MAX;
    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    must(write(ends[1], answer, size) == (ssize_t)size && shutdown(ends[1], SHUT_WR) == 0);
    if (engine_upgrade(ends[0], "/fuzz", size % 2 ? "{}" : NULL, &err) == 0) {
        size_t at = http_head_length((const char *)answer, size);
        must(at > 0);
        for (ssize_t n; (n = read(ends[0], rest, sizeof rest)) > 0; at += (size_t)n)
            must((size_t)n <= size - at && memcmp(rest, answer + at, (size_t)n) == 0);
        must(at == size);
    }
    harmless(err.text);
    close(ends[0]);
    close(ends[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct progress progress;
    struct error err = ERROR_INIT;
    size_t step = size > 0 ? (size_t)data[0] + 1 : 1;
    progress_start(&progress, true);
    struct json_lines lines = {
        .rest = BUF_INIT(JSON_LINE_MAX), .object = progress_object, .data = &progress};
    for (size_t at = 1; at < size; at += step)
        if (json_lines_feed(&lines, (const char *)data + at,
                            size - at < step ? size - at : step, &err) < 0)
            break;
    harmless(err.text);
    harmless(progress.failure.text);
    harmless(progress.what);
    for (size_t i = 0; i < PROGRESS_LINES; i++)
        harmless(progress.lines[i]);
    if (size > 1)
        upgrade(data + 1, size - 1);
    (void)engine_reply_error(500, (const char *)data, size, &err);
    harmless(err.text);
    buf_free(&lines.rest);
    progress_free(&progress);
    return 0;
}
