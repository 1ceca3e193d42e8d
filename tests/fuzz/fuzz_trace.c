/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/image/trace.c */
/* An engine's base64 of BuildKit's messages. What is told lies within what was given. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/image/trace.h"

static void on_step(void *data, const char *name, size_t length, bool cached)
{
    volatile char last = name[length - 1]; /* the sanitizer looks */
    (void)data;
    (void)cached;
    (void)last;
}

static void on_log(void *data, const char *bytes, size_t length)
{
    on_step(data, bytes, length, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const struct trace_events events = {.step = on_step, .log = on_log};
    char *text = malloc(length + 1);
    if (!text)
        return 0;
    memcpy(text, bytes, length);
    text[length] = '\0';
    (void)trace_read(text, &events);
    free(text);
    return 0;
}
