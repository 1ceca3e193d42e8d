/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/engine/head.h"

#include <string.h>
#include <strings.h>

size_t http_head_length(const char *bytes, size_t length)
{
    /* RFC 9112 2.2: a recipient may take a bare LF as a line's end. */
    for (size_t i = 0; i + 1 < length; i++) {
        if (bytes[i] != '\n')
            continue;
        if (bytes[i + 1] == '\n')
            return i + 2;
        if (bytes[i + 1] == '\r' && i + 2 < length && bytes[i + 2] == '\n')
            return i + 3;
    }
    return 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "HTTP/1.1 101 UPGRADED": the status, or -1. */
static int status_line(const char *line, size_t length)
{
    static const char version[] = "HTTP/1.";
    const size_t at = sizeof version - 1;
    if (length < at + 5 || memcmp(line, version, at) != 0 || !is_digit(line[at]) ||
        line[at + 1] != ' ' || !is_digit(line[at + 2]) || !is_digit(line[at + 3]) ||
        !is_digit(line[at + 4]) || (length > at + 5 && line[at + 5] != ' '))
        return -1;
    int status = (line[at + 2] - '0') * 100 + (line[at + 3] - '0') * 10 + (line[at + 4] - '0');
    return status >= 100 && status <= 599 ? status : -1;
}

/* The value of a field of that name, without the spaces around it; NULL for another field. */
static const char *field(const char *line, size_t length, const char *name, size_t *size)
{
    size_t n = strlen(name);
    if (length <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
        return NULL;
    const char *value = line + n + 1, *end = line + length;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *size = (size_t)(end - value);
    return value;
}

/* RFC 9110 8.6: digits only. Lengths that nobody sends us are errors, too. */
static int content_length(const char *value, size_t size, long *length)
{
    enum { DIGITS_MAX = 12 };
    if (size == 0 || size > DIGITS_MAX)
        return -1;
    long sum = 0;
    for (size_t i = 0; i < size; i++) {
        if (!is_digit(value[i]))
            return -1;
        sum = sum * 10 + (value[i] - '0');
    }
    if (*length >= 0 && *length != sum)
        return -1; /* RFC 9110 8.6: differing lengths are an attack or a fault */
    *length = sum;
    return 0;
}

int http_head_parse(const char *bytes, size_t length, struct http_head *head)
{
    struct http_head found = {.status = -1, .content_length = -1};
    for (size_t at = 0; at < length;) {
        const char *line = bytes + at, *newline = memchr(line, '\n', length - at);
        if (!newline)
            return -1;
        size_t size = (size_t)(newline - line);
        at += size + 1;
        if (size > 0 && line[size - 1] == '\r')
            size--;
        if (memchr(line, '\0', size))
            return -1;
        size_t value_size;
        const char *value;
        if (found.status < 0) {
            found.status = status_line(line, size);
            if (found.status < 0)
                return -1;
        } else if ((value = field(line, size, "Content-Length", &value_size))) {
            if (content_length(value, value_size, &found.content_length) < 0)
                return -1;
        } else if ((value = field(line, size, "Transfer-Encoding", &value_size))) {
            static const char chunked[] = "chunked"; /* has to be the last coding */
            found.chunked = value_size >= strlen(chunked) &&
                            strncasecmp(value + value_size - strlen(chunked), chunked,
                                        strlen(chunked)) == 0;
        }
    }
    if (found.status < 0)
        return -1;
    *head = found;
    return 0;
}
