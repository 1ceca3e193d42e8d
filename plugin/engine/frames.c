/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/engine/frames.h"

/* Takes the header, or what there is of it. 1 when it is whole. */
static int take_header(struct frames *frames, const char **bytes, size_t *length)
{
    while (frames->have<sizeof frames->header && * length> 0) {
        frames->header[frames->have++] = (unsigned char)*(*bytes)++;
        (*length)--;
    }
    if (frames->have < sizeof frames->header)
        return 0;
    const unsigned char *h = frames->header;
    if (h[0] > FRAME_ERROR || h[1] || h[2] || h[3])
        return -1;
    frames->left =
        (uint32_t)h[4] << 24 | (uint32_t)h[5] << 16 | (uint32_t)h[6] << 8 | (uint32_t)h[7];
    return 1;
}

int frames_next(struct frames *frames, const char **bytes, size_t *length,
                struct frame_piece *piece)
{
    while (frames->left == 0) {
        if (frames->have == sizeof frames->header)
            frames->have = 0;
        int whole = take_header(frames, bytes, length);
        if (whole <= 0)
            return whole;
        if (frames->left == 0)
            frames->have = 0; /* an empty frame says nothing */
    }
    if (*length == 0)
        return 0;
    size_t taken = *length < frames->left ? *length : frames->left;
    *piece = (struct frame_piece){
        .stream = (enum frame_stream)frames->header[0], .bytes = *bytes, .length = taken};
    *bytes += taken;
    *length -= taken;
    frames->left -= (uint32_t)taken;
    if (frames->left == 0)
        frames->have = 0;
    return 1;
}
