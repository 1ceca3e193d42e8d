/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_FIRST = 256 };

char *buf_reserve(struct buf *b, size_t length)
{
    if (length > b->max - b->length || length > SIZE_MAX / 4) {
        errno = E2BIG;
        return NULL;
    }
    size_t wanted = b->length + length + 1; /* the NUL */
    if (wanted > b->capacity) {
        size_t capacity = b->capacity ? b->capacity : BUF_FIRST;
        while (capacity < wanted)
            capacity *= 2;
        char *data = realloc(b->data, capacity);
        if (!data)
            return NULL;
        b->data = data;
        b->capacity = capacity;
    }
    b->data[b->length] = '\0';
    return b->data + b->length;
}

int buf_append(struct buf *b, const void *bytes, size_t length)
{
    char *room = buf_reserve(b, length);
    if (!room)
        return -1;
    if (length > 0)
        memcpy(room, bytes, length);
    b->length += length;
    b->data[b->length] = '\0';
    return 0;
}

int buf_puts(struct buf *b, const char *text)
{
    return buf_append(b, text, strlen(text));
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *room = length < 0 ? NULL : buf_reserve(b, (size_t)length);
    if (room) {
        (void)vsnprintf(room, (size_t)length + 1, fmt, again);
        b->length += (size_t)length;
    }
    va_end(again);
    return room ? 0 : -1;
}

void buf_consume(struct buf *b, size_t length)
{
    if (length >= b->length) {
        buf_clear(b);
        return;
    }
    memmove(b->data, b->data + length, b->length - length + 1);
    b->length -= length;
}

void buf_clear(struct buf *b)
{
    b->length = 0;
    if (b->data)
        b->data[0] = '\0';
}

char *buf_take(struct buf *b)
{
    char *data = b->data ? b->data : calloc(1, 1);
    b->data = NULL;
    b->length = b->capacity = 0;
    return data;
}

void buf_free(struct buf *b)
{
    free(b->data);
    b->data = NULL;
    b->length = b->capacity = 0;
}
