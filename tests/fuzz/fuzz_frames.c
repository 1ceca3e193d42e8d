/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/engine/frames.c */
/*
 * A session's stream as a hostile engine would send it. Fed whole and byte by byte it must say
 * the same.
 */
#include <stdint.h>
#include <stdlib.h>

#include "plugin/engine/frames.h"
#include "shared/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sum {
    uint64_t bytes[4], mix[4];
    int end;
};

static void feed(const uint8_t *data, size_t size, size_t step, struct sum *sum)
{
    struct frames frames = {.have = 0};
    *sum = (struct sum){.end = 0};
    for (size_t at = 0; at < size && sum->end >= 0; at += step) {
        const char *piece = (const char *)data + at, *const begin = piece;
        size_t left = size - at < step ? size - at : step;
        const size_t all = left;
        struct frame_piece got;
        while ((sum->end = frames_next(&frames, &piece, &left, &got)) > 0) {
            if (got.length == 0 || got.bytes < begin || got.bytes + got.length > begin + all)
                abort();
            for (size_t i = 0; i < got.length; i++)
                sum->mix[got.stream] = sum->mix[got.stream] * 31 + (uint8_t)got.bytes[i];
            sum->bytes[got.stream] += got.length;
        }
        if (sum->end == 0 && left != 0)
            abort();
    }
    if (sum->end == 0)
        sum->end = frames_complete(&frames) ? 2 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sum whole, bytes;
    feed(data, size, size ? size : 1, &whole);
    feed(data, size, 1, &bytes);
    for (size_t i = 0; i < array_length(whole.bytes); i++)
        if (whole.bytes[i] != bytes.bytes[i] || whole.mix[i] != bytes.mix[i])
            abort();
    if (whole.end != bytes.end)
        abort();
    return 0;
}
