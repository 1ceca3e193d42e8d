/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/ssh/wire.h"

#include <string.h>

uint32_t wire_peek(const uint8_t at[4])
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void wire_put(uint8_t at[4], uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void advance(struct bytes *from, size_t count)
{
    from->data += count;
    from->length -= count;
}

bool wire_byte(struct bytes *from, uint8_t *value)
{
    if (from->length < 1)
        return false;
    *value = from->data[0];
    advance(from, 1);
    return true;
}

bool wire_number(struct bytes *from, uint32_t *value)
{
    if (from->length < 4)
        return false;
    *value = wire_peek(from->data);
    advance(from, 4);
    return true;
}

bool wire_string(struct bytes *from, struct bytes *value)
{
    if (from->length < 4)
        return false;
    size_t length = wire_peek(from->data);
    if (length > from->length - 4)
        return false;
    *value = (struct bytes){from->data + 4, length};
    advance(from, 4 + length);
    return true;
}

bool wire_skip(struct bytes *from, size_t count)
{
    struct bytes rest = *from, ignored;
    for (size_t i = 0; i < count; i++)
        if (!wire_string(&rest, &ignored))
            return false;
    *from = rest;
    return true;
}

bool wire_boolean(struct bytes *from, bool *value)
{
    uint8_t byte;
    if (!wire_byte(from, &byte))
        return false;
    *value = byte != 0;
    return true;
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

bool bytes_are(struct bytes bytes, const char *text)
{
    return bytes_equal(bytes, (struct bytes){(const uint8_t *)text, strlen(text)});
}
