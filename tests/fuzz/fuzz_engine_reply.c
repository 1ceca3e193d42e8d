/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/engine_reply.c plugin/engine_head.c plugin/engine_cancel.c
 * plugin/image/progress.c plugin/image/trace.c */
/*
 * An engine's stream of objects as shown while it builds, and its error messages. The first
 * byte says how large the pieces are. Whatever it says, only harmless text is kept.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/engine_reply.h"
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
    (void)engine_reply_error(500, (const char *)data, size, &err);
    harmless(err.text);
    buf_free(&lines.rest);
    progress_free(&progress);
    return 0;
}
