/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/http_head.h"

#include <string.h>

#include "init/net/http_fields.h"
#include "shared/ascii.h"
#include "shared/cleanup.h"

enum state {
    AT_HEAD, /* 0: where a stream begins */
    IN_BODY,
    AT_CHUNK, /* at its size */
    IN_CHUNK,
    AT_CHUNK_END,
    AT_TRAILER,
    HELD,
    OPAQUE,
    REFUSED,
};

static enum http_verdict refuse_stream(struct http_stream *stream, int status, const char *why)
{
    stream->state = REFUSED;
    stream->status = status;
    stream->why = why;
    return HTTP_FEED_BAD;
}

static void end_request(struct http_stream *stream)
{
    stream->state = stream->upgrade ? HELD : AT_HEAD;
    stream->scanned = 0;
}

/* The size of the section that comes next, 0 for HTTP_FEED_MORE, -1 for one refused. */
static ssize_t next_section(struct http_stream *stream, const uint8_t *bytes, size_t length,
                            bool trailer)
{
    const char *why;
    size_t limit = length < HTTP_HEAD_MAX ? length : HTTP_HEAD_MAX;
    ssize_t size = http_section(bytes, limit, trailer, &stream->scanned, &why);
    if (size < 0)
        refuse_stream(stream, 400, why);
    if (size != 0 || limit < HTTP_HEAD_MAX)
        return size;
    refuse_stream(stream, 431,
                  trailer ? "a trailer that is too long" : "a head that is too long");
    return -1;
}

static enum http_verdict feed_head(struct http_stream *stream, const uint8_t *bytes,
                                   size_t length, size_t *used, struct http_request *request)
{
    ssize_t size = next_section(stream, bytes, length, false);
    if (size <= 0)
        return HTTP_FEED_MORE;
    if (http_read_head((const char *)bytes, (size_t)size, request) < 0)
        return refuse_stream(stream, request->status, request->why);
    stream->upgrade = request->upgrade;
    stream->left = request->body;
    stream->scanned = 0;
    if (request->chunked)
        stream->state = AT_CHUNK;
    else if (stream->left > 0)
        stream->state = IN_BODY;
    else
        end_request(stream);
    *used = (size_t)size;
    return HTTP_FEED_REQUEST;
}

/* chunk-size [";" extensions] of RFC 9112 7.1. */
static int parse_chunk_line(struct http_text line, uint64_t *size)
{
    size_t digits = 0;
    *size = 0;
    for (; digits < line.length && line.at[digits] != ';'; digits++) {
        char c = to_lower(line.at[digits]);
        if (!is_digit(c) && (c < 'a' || c > 'f'))
            return -1;
        *size = *size << 4 | (uint64_t)(is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    for (size_t i = digits; i < line.length; i++)
        if (is_control(line.at[i]) && line.at[i] != '\t')
            return -1;
    return digits >= 1 && digits <= 15 ? 0 : -1;
}

static enum http_verdict feed_chunk_line(struct http_stream *stream, const uint8_t *bytes,
                                         size_t length, size_t *used)
{
    size_t limit = length < HTTP_CHUNK_LINE_MAX ? length : HTTP_CHUNK_LINE_MAX;
    const uint8_t *end = memchr(bytes, '\n', limit);
    if (!end && limit < HTTP_CHUNK_LINE_MAX)
        return HTTP_FEED_MORE;
    struct http_text line = {.at = (const char *)bytes,
                             .length = end ? (size_t)(end - bytes) : 0};
    if (line.length < 1 || line.at[--line.length] != '\r' ||
        parse_chunk_line(line, &stream->left) < 0)
        return refuse_stream(stream, 400, "a malformed chunk");
    *used = line.length + 2;
    stream->state = stream->left > 0 ? IN_CHUNK : AT_TRAILER;
    return HTTP_FEED_BODY;
}

static enum http_verdict feed_chunk_end(struct http_stream *stream, const uint8_t *bytes,
                                        size_t length, size_t *used)
{
    if (bytes[0] != '\r' || (length > 1 && bytes[1] != '\n'))
        return refuse_stream(stream, 400, "a chunk of another length than it says");
    if (length < 2)
        return HTTP_FEED_MORE;
    *used = 2;
    stream->state = AT_CHUNK;
    return HTTP_FEED_BODY;
}

static enum http_verdict feed_trailer(struct http_stream *stream, const uint8_t *bytes,
                                      size_t length, size_t *used)
{
    struct http_request request;
    ssize_t size = next_section(stream, bytes, length, true);
    if (size < 0)
        return HTTP_FEED_BAD;
    if (size == 0)
        return HTTP_FEED_MORE;
    if (http_read_trailer((const char *)bytes, (size_t)size, &request) < 0)
        return refuse_stream(stream, request.status, request.why);
    *used = (size_t)size;
    end_request(stream);
    return HTTP_FEED_BODY;
}

static enum http_verdict feed_bytes(struct http_stream *stream, const uint8_t *bytes,
                                    size_t length, size_t *used)
{
    (void)bytes;
    *used = stream->left < length ? (size_t)stream->left : length;
    http_body_moved(stream, *used);
    return HTTP_FEED_BODY;
}

/* By state, where a body is on its way. */
static enum http_verdict (*const feeders[])(struct http_stream *, const uint8_t *, size_t,
                                            size_t *) = {
    [IN_BODY] = feed_bytes,          [AT_CHUNK] = feed_chunk_line, [IN_CHUNK] = feed_bytes,
    [AT_CHUNK_END] = feed_chunk_end, [AT_TRAILER] = feed_trailer,
};

static bool has_body_left(const struct http_stream *stream)
{
    return stream->state < array_length(feeders) && feeders[stream->state];
}

/* As much of the body as there is. What is bad in it is bad when all before it has passed. */
static enum http_verdict feed_body(struct http_stream *stream, const uint8_t *bytes,
                                   size_t length, size_t *used)
{
    enum http_verdict verdict = HTTP_FEED_MORE;
    while (*used < length && has_body_left(stream)) {
        struct http_stream before = *stream;
        size_t step = 0;
        verdict = feeders[stream->state](stream, bytes + *used, length - *used, &step);
        if (verdict == HTTP_FEED_BAD && *used > 0)
            *stream = before;
        *used += step;
        if (verdict != HTTP_FEED_BODY)
            break;
    }
    return *used > 0 ? HTTP_FEED_BODY : verdict;
}

enum http_verdict http_feed(struct http_stream *stream, const uint8_t *bytes, size_t length,
                            size_t *used, struct http_request *request)
{
    enum http_verdict verdict = HTTP_FEED_MORE;
    *used = 0;
    if (stream->state == AT_HEAD) {
        verdict = feed_head(stream, bytes, length, used, request);
    } else if (stream->state == HELD) {
        verdict = HTTP_FEED_HOLD;
    } else if (stream->state == OPAQUE) {
        *used = length;
        verdict = HTTP_FEED_TUNNEL;
    } else if (stream->state != REFUSED) {
        verdict = feed_body(stream, bytes, length, used);
    }
    if (stream->state == REFUSED) {
        request->status = stream->status;
        request->why = stream->why;
        verdict = HTTP_FEED_BAD;
    }
    return verdict;
}

uint64_t http_body_left(const struct http_stream *stream)
{
    if (stream->state == OPAQUE)
        return UINT64_MAX;
    return stream->state == IN_BODY || stream->state == IN_CHUNK ? stream->left : 0;
}

void http_body_moved(struct http_stream *stream, uint64_t length)
{
    if (stream->state == OPAQUE || length == 0)
        return;
    stream->left -= length;
    if (stream->left > 0)
        return;
    if (stream->state == IN_CHUNK)
        stream->state = AT_CHUNK_END;
    else
        end_request(stream);
}

/* --- answers -------------------------------------------------------------------------- */

enum http_answer http_answer(const uint8_t *bytes, size_t length)
{
    static const char interim[] = "HTTP/1.1 1";
    enum { STATUS = sizeof interim - 1, BEHIND = STATUS + 2 };
    enum http_answer more = length < HTTP_HEAD_MAX ? HTTP_ANSWER_MORE : HTTP_ANSWER_OTHER;
    for (const uint8_t *line = bytes, *end;; line = end + 4) {
        size_t left = length - (size_t)(line - bytes);
        if (memcmp(line, interim, left < STATUS ? left : STATUS) != 0)
            return HTTP_ANSWER_OTHER;
        if (left <= BEHIND)
            return more;
        if (memcmp(line + STATUS, "01", 2) == 0 &&
            (line[BEHIND] == ' ' || line[BEHIND] == '\r'))
            return HTTP_ANSWER_SWITCHING;
        end = memmem(line, left, "\r\n\r\n", 4);
        if (!end)
            return more;
    }
}

bool http_is_between(const struct http_stream *stream)
{
    return stream->state == AT_HEAD;
}

bool http_is_held(const struct http_stream *stream)
{
    return stream->state == HELD;
}

void http_answered(struct http_stream *stream, bool switching)
{
    if (stream->state == HELD)
        stream->state = switching ? OPAQUE : AT_HEAD;
}
