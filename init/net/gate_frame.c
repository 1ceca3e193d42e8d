/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/gate_frame.h"

#include <string.h>

/* kind, mode, via, length of the name, port, up, down, age, name */
enum {
    AT_KIND,
    AT_MODE,
    AT_VIA,
    AT_LENGTH,
    AT_PORT,
    AT_UP = 6,
    AT_DOWN = 14,
    AT_AGE = 22,
    AT_NAME = 30
};

_Static_assert((int)AT_NAME + 254 <= (int)GATE_FRAME_MAX, "a frame holds the longest name");

const char *gate_via_name(enum gate_via via)
{
    static const char *const names[VIAS] = {"dns", "tls", "http", "tcp"};
    return names[via];
}

static void put(uint8_t *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get(const uint8_t *at, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

size_t gate_frame_print(const struct gate_frame *frame, uint8_t out[GATE_FRAME_MAX])
{
    size_t length = strnlen(frame->name, sizeof frame->name - 1);
    out[AT_KIND] = (uint8_t)frame->kind;
    out[AT_MODE] = (uint8_t)frame->mode;
    out[AT_VIA] = (uint8_t)frame->via;
    out[AT_LENGTH] = (uint8_t)length;
    put(out + AT_PORT, frame->port, 2);
    put(out + AT_UP, frame->up, 8);
    put(out + AT_DOWN, frame->down, 8);
    put(out + AT_AGE, frame->age, 8);
    memcpy(out + AT_NAME, frame->name, length);
    return AT_NAME + length;
}

/* Nothing that a log or a terminal could trip over. */
static int is_plain(const uint8_t *name, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        uint8_t c = name[i];
        int letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || !strchr(".:-_", c)))
            return 0;
    }
    return 1;
}

int gate_frame_parse(const uint8_t *bytes, size_t length, struct gate_frame *frame)
{
    if (length < AT_NAME || length != (size_t)AT_NAME + bytes[AT_LENGTH] ||
        bytes[AT_LENGTH] >= sizeof frame->name)
        return -1;
    if (bytes[AT_KIND] < GATE_MODE || bytes[AT_KIND] >= GATE_FRAME_KINDS ||
        bytes[AT_MODE] > NETWORK_SEALED || bytes[AT_VIA] >= VIAS ||
        !is_plain(bytes + AT_NAME, bytes[AT_LENGTH]))
        return -1;
    *frame = (struct gate_frame){
        .kind = (enum gate_frame_kind)bytes[AT_KIND],
        .mode = (enum network_mode)bytes[AT_MODE],
        .via = (enum gate_via)bytes[AT_VIA],
        .port = (uint16_t)get(bytes + AT_PORT, 2),
        .up = get(bytes + AT_UP, 8),
        .down = get(bytes + AT_DOWN, 8),
        .age = get(bytes + AT_AGE, 8),
    };
    memcpy(frame->name, bytes + AT_NAME, bytes[AT_LENGTH]);
    return 0;
}
