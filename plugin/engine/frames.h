/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stream of a session without a terminal: frames of an 8-byte header {stream, 0, 0, 0,
 * length big-endian} and so many bytes of standard output or standard error (Engine API
 * reference, "Attach to a container", "Stream format"). Pure; bytes may arrive in any pieces.
 */
#ifndef CLAUDEX_PLUGIN_ENGINE_FRAMES_H
#define CLAUDEX_PLUGIN_ENGINE_FRAMES_H

#include <stddef.h>
#include <stdint.h>

enum frame_stream {
    FRAME_STDIN = 0, /* never sent to us, but defined */
    FRAME_STDOUT = 1,
    FRAME_STDERR = 2,
    FRAME_ERROR = 3, /* the engine's own words about a failure (stdcopy's Systemerr) */
};

/* Zero-initialised at the start of a stream. */
struct frames {
    unsigned char header[8];
    size_t have;   /* bytes of the header that arrived */
    uint32_t left; /* payload of the current frame still to come */
};

struct frame_piece {
    enum frame_stream stream;
    const char *bytes; /* within what was fed */
    size_t length;
};

/*
 * Takes from the front of *bytes, moving *bytes and *length on: 1 with a piece of payload in
 * *piece, 0 when all was taken and more is needed, -1 for what is no such stream.
 */
int frames_next(struct frames *frames, const char **bytes, size_t *length,
                struct frame_piece *piece);

/* True where a stream may end: not inside a frame. */
static inline int frames_complete(const struct frames *frames)
{
    return frames->have == 0;
}

#endif
