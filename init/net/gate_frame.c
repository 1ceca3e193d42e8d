/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/gate_frame.h"

#include <string.h>

/* kind, mode, via, length of the text, of the name, port, tag, up, down, age, name, text */
enum {
    AT_KIND,
    AT_MODE,
    AT_VIA,
    AT_TEXT_LENGTH,
    AT_LENGTH,
    AT_PORT = 6,
    AT_TAG = 8,
    AT_UP = 12,
    AT_DOWN = 20,
    AT_AGE = 28,
    AT_NAME = 36
};

_Static_assert((int)AT_NAME + sizeof((struct gate_frame *)0)->name +
                       sizeof((struct gate_frame *)0)->text <=
                   (size_t)GATE_FRAME_MAX,
               "a frame holds the longest name and text");

const char *gate_via_name(enum gate_via via)
{
    static const char *const names[VIAS] = {"dns", "tls",  "http", "tcp",
                                            "udp", "icmp", "other"};
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
    size_t text = strnlen(frame->text, sizeof frame->text - 1);
    out[AT_KIND] = (uint8_t)frame->kind;
    out[AT_MODE] = (uint8_t)frame->mode;
    out[AT_VIA] = (uint8_t)frame->via;
    out[AT_TEXT_LENGTH] = (uint8_t)text;
    put(out + AT_LENGTH, length, 2);
    put(out + AT_PORT, frame->port, 2);
    put(out + AT_TAG, frame->tag, 4);
    put(out + AT_UP, frame->up, 8);
    put(out + AT_DOWN, frame->down, 8);
    put(out + AT_AGE, frame->age, 8);
    memcpy(out + AT_NAME, frame->name, length);
    memcpy(out + AT_NAME + length, frame->text, text);
    return AT_NAME + length + text;
}

/* Nothing that a log or a terminal could trip over. */
static int is_plain(const uint8_t *name, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        uint8_t c = name[i];
        int letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || !strchr(".:-_*[]/", c)))
            return 0;
    }
    return 1;
}

static int is_printable(const uint8_t *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            return 0;
    return 1;
}

int gate_frame_parse(const uint8_t *bytes, size_t length, struct gate_frame *frame)
{
    if (length < AT_NAME)
        return -1;
    const size_t name = (size_t)get(bytes + AT_LENGTH, 2), text = bytes[AT_TEXT_LENGTH];
    if (name >= sizeof frame->name || text >= sizeof frame->text ||
        length != AT_NAME + name + text)
        return -1;
    if (bytes[AT_KIND] < GATE_MODE || bytes[AT_KIND] >= GATE_FRAME_KINDS ||
        bytes[AT_MODE] > NETWORK_SEALED || bytes[AT_VIA] >= VIAS ||
        !is_plain(bytes + AT_NAME, name) || !is_printable(bytes + AT_NAME + name, text))
        return -1;
    *frame = (struct gate_frame){
        .kind = (enum gate_frame_kind)bytes[AT_KIND],
        .mode = (enum network_mode)bytes[AT_MODE],
        .via = (enum gate_via)bytes[AT_VIA],
        .port = (uint16_t)get(bytes + AT_PORT, 2),
        .tag = (uint32_t)get(bytes + AT_TAG, 4),
        .up = get(bytes + AT_UP, 8),
        .down = get(bytes + AT_DOWN, 8),
        .age = get(bytes + AT_AGE, 8),
    };
    memcpy(frame->name, bytes + AT_NAME, name);
    memcpy(frame->text, bytes + AT_NAME + name, text);
    return 0;
}
