/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/image/trace.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "shared/cleanup.h"

/* control.proto: numbers of the fields that are of use. */
enum { RESPONSE_VERTEX = 1, RESPONSE_LOG = 3 };
enum { VERTEX_NAME = 3, VERTEX_CACHED = 4, VERTEX_STARTED = 5, VERTEX_COMPLETED = 6 };
enum { LOG_MESSAGE = 4 };

/* protobuf.dev/programming-guides/encoding: the kinds of field on the wire. */
enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct span {
    const unsigned char *at, *end;
};

struct field {
    uint64_t number, value;
    struct span bytes; /* of WIRE_BYTES */
};

static bool take_varint(struct span *span, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && span->at < span->end; shift += 7) {
        const unsigned char byte = *span->at++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

static bool skip(struct span *span, uint64_t length)
{
    if (length > (uint64_t)(span->end - span->at))
        return false;
    span->at += length;
    return true;
}

static bool read_field(struct span *span, struct field *field)
{
    uint64_t key, length;
    *field = (struct field){.number = 0};
    if (!take_varint(span, &key))
        return false;
    field->number = key >> 3;
    switch (key & 7) {
    case WIRE_VARINT:
        return take_varint(span, &field->value);
    case WIRE_64:
        return skip(span, 8);
    case WIRE_32:
        return skip(span, 4);
    case WIRE_BYTES:
        if (!take_varint(span, &length))
            return false;
        field->bytes.at = span->at;
        if (!skip(span, length))
            return false;
        field->bytes.end = span->at;
        return true;
    default:
        return false;
    }
}

/* False at the end, and for what is cut off or of no known kind: then span->at is NULL. */
static bool take_field(struct span *span, struct field *field)
{
    if (span->at == span->end)
        return false;
    if (read_field(span, field))
        return true;
    span->at = NULL;
    return false;
}

/* A vertex comes again whenever something about it has changed. */
static int read_vertex(struct span span, const struct trace_events *events)
{
    struct span name = {NULL, NULL};
    bool cached = false, started = false, completed = false;
    struct field field;
    while (take_field(&span, &field)) {
        if (field.number == VERTEX_NAME)
            name = field.bytes;
        cached |= field.number == VERTEX_CACHED && field.value;
        started |= field.number == VERTEX_STARTED;
        completed |= field.number == VERTEX_COMPLETED;
    }
    const bool begins = started && !completed;
    if (name.at && name.at < name.end && (begins || (completed && cached)))
        events->step(events->data, (const char *)name.at, (size_t)(name.end - name.at), cached);
    return span.at == span.end ? 0 : -1;
}

static int read_log(struct span span, const struct trace_events *events)
{
    struct field field;
    while (take_field(&span, &field))
        if (field.number == LOG_MESSAGE && field.bytes.at < field.bytes.end)
            events->log(events->data, (const char *)field.bytes.at,
                        (size_t)(field.bytes.end - field.bytes.at));
    return span.at == span.end ? 0 : -1;
}

static int value_of(char c)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

/* Returns the bytes, the caller's, or NULL. */
static unsigned char *decode(const char *text, size_t *length)
{
    size_t size = strlen(text);
    cleanup_free unsigned char *bytes = malloc(size / 4 * 3 + 1);
    *length = 0;
    if (!bytes || size % 4 != 0)
        return NULL;
    for (size_t i = 0; i < size; i += 4) {
        uint32_t group = 0;
        /* Only the last group is padded, by one or two. */
        size_t count = i + 4 < size || text[i + 3] != '=' ? 4 : text[i + 2] != '=' ? 3 : 2;
        for (size_t k = 0; k < 4; k++) {
            int value = k < count ? value_of(text[i + k]) : 0;
            if (value < 0)
                return NULL;
            group = group << 6 | (uint32_t)value;
        }
        for (size_t k = 0; k + 1 < count; k++)
            bytes[(*length)++] = (unsigned char)(group >> (16 - 8 * k));
    }
    return take_ptr(bytes);
}

int trace_read(const char *base64, const struct trace_events *events)
{
    size_t length;
    cleanup_free unsigned char *bytes = decode(base64, &length);
    if (!bytes)
        return -1;
    struct span span = {bytes, bytes + length};
    struct field field;
    int failed = 0;
    while (take_field(&span, &field)) {
        if (field.bytes.at && field.number == RESPONSE_VERTEX)
            failed |= read_vertex(field.bytes, events);
        else if (field.bytes.at && field.number == RESPONSE_LOG)
            failed |= read_log(field.bytes, events);
    }
    return failed || span.at != span.end ? -1 : 0;
}
