/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/engine/reply.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "plugin/engine/head.h"
#include "plugin/engine/http.h"
#include "shared/io.h"
#include "shared/log.h"

enum { ERROR_BODY_MAX = 64 * 1024, ERROR_BODY_MS = 2000 };

int engine_reply_error(long status, const char *body, size_t length, struct error *err)
{
    char text[ERROR_TEXT_MAX / 2];
    /* A chunked body of a hijack comes with its framing: the object is what is in braces. */
    const char *open = length ? memchr(body, '{', length) : NULL;
    const char *close = open ? memrchr(open, '}', length - (size_t)(open - body)) : NULL;
    json_t *reply = close ? json_loadb(open, (size_t)(close - open) + 1, 0, NULL) : NULL;
    const char *message = json_string_value(json_object_get(reply, "message"));
    if (message) {
        term_quote(text, sizeof text, message, strlen(message));
    } else {
        while (length > 0 && strchr(" \t\r\n", body[length - 1]))
            length--;
        term_quote(text, sizeof text, length ? body : "", length);
    }
    json_decref(reply);
    if (text[0] == '\0')
        return error_set(err, "the engine refused with HTTP status %ld", status);
    return error_set(err, "the engine says: %s", text);
}

int json_lines_feed(struct json_lines *lines, const char *bytes, size_t length,
                    struct error *err)
{
    while (length > 0) {
        const char *newline = memchr(bytes, '\n', length);
        size_t piece = newline ? (size_t)(newline - bytes) + 1 : length;
        if (buf_append(&lines->rest, bytes, piece) < 0)
            return error_set(err, "the engine sent a line of more than %d KiB",
                             JSON_LINE_MAX >> 10);
        bytes += piece;
        length -= piece;
        if (!newline)
            break;
        /* Engines end lines with CR LF; empty ones are for keeping the connection alive. */
        if (lines->rest.data[strspn(lines->rest.data, " \t\r\n")] != '\0') {
            json_error_t where;
            json_t *object = json_loadb(lines->rest.data, lines->rest.length, 0, &where);
            if (!object)
                return error_set(err, "the engine sent a line that is not JSON: %s",
                                 quoted(where.text));
            int failed = lines->object(lines->data, object, err);
            json_decref(object);
            if (failed < 0)
                return -1;
        }
        buf_clear(&lines->rest);
    }
    return 0;
}

/* --- upgrade -------------------------------------------------------------------------- */

/* Waits until fd can be read. 0, 1 when `ms` are over (-1: never), -1 on failure. */
static int wait_readable(int fd, int ms, struct error *err)
{
    for (;;) {
        struct pollfd fds[] = {{.fd = fd, .events = POLLIN},
                               {.fd = cancel_descriptor(), .events = POLLIN}};
        int n = poll(fds, sizeof fds / sizeof fds[0], ms);
        if (cancel_pending())
            return cancel_error(err);
        if (n == 0)
            return 1;
        if (n < 0 && errno != EINTR)
            return error_errno(err, "cannot wait for the engine");
        if (n > 0 && fds[0].revents)
            return 0;
    }
}

/* Peeks, and takes from the socket exactly what belongs to the head. */
static int read_head(int fd, struct buf *head, struct error *err)
{
    while (head->length < HTTP_HEAD_MAX) {
        char bytes[4096];
        if (wait_readable(fd, -1, err) < 0)
            return -1;
        ssize_t n = recv(fd, bytes, sizeof bytes, MSG_PEEK);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n < 0)
            return error_errno(err, "cannot read the engine's answer");
        if (n == 0)
            return error_set(err, "the engine closed the connection instead of answering");
        size_t before = head->length;
        if (buf_append(head, bytes, (size_t)n) < 0)
            break;
        size_t whole = http_head_length(head->data, head->length);
        size_t ours = whole ? whole - before : (size_t)n;
        /* What was peeked is there, so this neither blocks nor returns less. */
        if (recv(fd, bytes, ours, MSG_WAITALL) != (ssize_t)ours)
            return error_set(err, "the engine's answer was cut short");
        if (whole) {
            head->length = whole;
            return 0;
        }
    }
    return error_set(err, "the engine's answer has a head of more than %d KiB",
                     HTTP_HEAD_MAX >> 10);
}

/* The words of a refusal; whatever of them arrives. */
static int refusal(int fd, const struct http_head *head, struct error *err)
{
    cleanup_buf struct buf body = BUF_INIT(ERROR_BODY_MAX);
    while (head->content_length < 0 || body.length < (size_t)head->content_length) {
        if (body.data && head->chunked && strstr(body.data, "\r\n0\r\n"))
            break;
        char bytes[4096];
        int waited = wait_readable(fd, ERROR_BODY_MS, err);
        if (waited < 0)
            return -1;
        ssize_t n = waited ? 0 : recv(fd, bytes, sizeof bytes, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || buf_append(&body, bytes, (size_t)n) < 0)
            break;
    }
    return engine_reply_error(head->status, body.data, body.length, err);
}

int engine_upgrade(int fd, const char *path, const char *body, struct error *err)
{
    cleanup_buf struct buf request = BUF_INIT(1 << 20);
    int failed = buf_printf(&request,
                            "POST %s HTTP/1.1\r\nHost: docker\r\nUser-Agent: claudex\r\n"
                            "Connection: Upgrade\r\nUpgrade: tcp\r\n",
                            path);
    if (body)
        failed |= buf_printf(&request, "Content-Type: application/json\r\n");
    failed |= buf_printf(&request, "Content-Length: %zu\r\n\r\n%s", body ? strlen(body) : 0,
                         body ? body : "");
    if (failed)
        return error_set(err, "the request %s is too large", quoted(path));
    if (write_all(fd, request.data, request.length) < 0)
        return error_errno(err, "cannot send the request %s", quoted(path));

    cleanup_buf struct buf bytes = BUF_INIT(HTTP_HEAD_MAX);
    struct http_head head;
    if (read_head(fd, &bytes, err) < 0)
        return -1;
    if (http_head_parse(bytes.data, bytes.length, &head) < 0)
        return error_set(err, "what answers is no Docker engine");
    /* 200 is how engines answer who they do not believe to know of upgrades; a raw stream
     * follows it all the same. */
    if (head.status == 101 || head.status == 200)
        return 0;
    return refusal(fd, &head, err);
}
