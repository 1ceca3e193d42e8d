/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/gate_frame.c */
/* What parses prints back to the same bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/net/gate_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gate_frame frame;
    uint8_t again[GATE_FRAME_MAX];
    if (gate_frame_parse(data, size, &frame) < 0)
        return 0;
    if (gate_frame_print(&frame, again) != size || memcmp(again, data, size) != 0)
        abort();
    return 0;
}
