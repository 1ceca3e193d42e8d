/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The requests of an HTTP/1 connection on port 80, every one of them with its body, until a 101
 * or the end. Pure. http_request.h says which requests are refused, http_fields.h which form
 * they must have; the form of chunked bodies (RFC 9112 7.1) is checked as strictly.
 */
#ifndef CLAUDEX_INIT_NET_HTTP_HEAD_H
#define CLAUDEX_INIT_NET_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/net/http_request.h"

enum {
    HTTP_HEAD_MAX = 32 * 1024, /* bytes of one request's head, and of its trailer */
    HTTP_CHUNK_LINE_MAX = 256, /* bytes of a chunk's size and extensions, with CR LF */
};

enum http_verdict {
    HTTP_FEED_MORE,    /* nothing to decide yet: give the same bytes again with more behind */
    HTTP_FEED_REQUEST, /* the first *used bytes are a whole head: *request says for which host.
                          They may pass if it is allowed, except request->dropped of them */
    HTTP_FEED_BODY,    /* the first *used bytes belong to that request, and pass with it */
    HTTP_FEED_HOLD,    /* nothing may pass until http_answered() */
    HTTP_FEED_TUNNEL,  /* all bytes may pass, now and ever after */
    HTTP_FEED_BAD,     /* refused, now and ever after: *request says with what status and why */
};

/* One direction of one connection, client to server. All zero at first; only http_head.c uses
 * the fields. It holds no bytes: the caller keeps those that did not pass yet. */
struct http_stream {
    unsigned state;
    bool upgrade;
    size_t scanned;
    uint64_t left;
    int status;
    const char *why;
};

/* Says what the next bytes of the client are. *used is 0 for the verdicts that do not mention
 * it; call again with the rest. A caller with room for HTTP_HEAD_MAX bytes never gets
 * HTTP_FEED_MORE for a full buffer. */
enum http_verdict http_feed(struct http_stream *stream, const uint8_t *bytes, size_t length,
                            size_t *used, struct http_request *request);

/* How many of the next bytes are body whatever they are, so that the caller may move them
 * unseen (splice(2)); UINT64_MAX for all that follow. The second notes that `length` of them
 * were moved. */
uint64_t http_body_left(const struct http_stream *stream);
void http_body_moved(struct http_stream *stream, uint64_t length);

/*
 * Upgrades (RFC 9110 7.8). After a request that asks for one, and its body, http_feed() returns
 * HTTP_FEED_HOLD until the answer is known; the client waits for it, too. A 101 can be
 * recognised only in the first bytes that a server sends on a connection: after another answer
 * one has to parse all answers to know where the next one begins, and an agent could have a
 * server repeat "HTTP/1.1 101" in some body. So for a request with `upgrade` that is not the
 * first on its connection to the server, the caller drops that connection and makes a new one.
 *
 * The only protocol accepted as an upgrade is websocket, which stays with the host that was
 * asked. Servers are never asked for the others (h2c and TLS name hosts inside, unseen), and a
 * server that sends a 101 all the same changes nothing: what comes after is read as a request.
 */
enum http_answer {
    HTTP_ANSWER_MORE,      /* give the same bytes again with more behind them */
    HTTP_ANSWER_SWITCHING, /* 101 */
    HTTP_ANSWER_OTHER,
};

/* `bytes` are the first ones that the server sent; interim answers (1xx) are skipped. */
enum http_answer http_answer(const uint8_t *bytes, size_t length);
/* True if the last request is whole, so that the next bytes begin another. */
bool http_is_between(const struct http_stream *stream);
/* Is it certain, before the client sends more, that HTTP_FEED_HOLD comes next? The answer may
 * come before that, and must not pass unread. */
bool http_is_held(const struct http_stream *stream);
/* Called after HTTP_FEED_HOLD, or before it has come: what follows is opaque if `switching`,
 * else a request again. */
void http_answered(struct http_stream *stream, bool switching);

#endif
