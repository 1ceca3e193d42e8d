/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The requests of an HTTP/1 connection on port 80, every one of them with its body, until a 101
 * or the end. Pure. http_request.h says which requests are refused, http_fields.h in what form;
 * chunked bodies (RFC 9112 7.1) are held to theirs as strictly.
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
    HTTP_FEED_REQUEST, /* the first *used bytes are a whole head: *request says for whom. They
                          may pass if it is allowed, but for request->dropped of them */
    HTTP_FEED_BODY,    /* the first *used bytes belong to that request, and pass with it */
    HTTP_FEED_HOLD,    /* nothing may pass until http_answered() */
    HTTP_FEED_TUNNEL,  /* all bytes may pass, now and ever after */
    HTTP_FEED_BAD,     /* refused, now and ever after: *request says with what status and why */
};

/* One direction of one connection, client to server. All zero at first; the fields are
 * http_head.c's. It holds no bytes: those that did not pass yet stay with the caller. */
struct http_stream {
    unsigned state;
    bool upgrade;
    size_t scanned;
    uint64_t left;
    int status;
    const char *why;
};

/* What the next bytes of the client are. `*used` is 0 where it is not said above; call again
 * with the rest. A caller with room for HTTP_HEAD_MAX bytes never gets HTTP_FEED_MORE for a
 * full buffer. */
enum http_verdict http_feed(struct http_stream *stream, const uint8_t *bytes, size_t length,
                            size_t *used, struct http_request *request);

/* How many bytes are body whatever they are, so that they may be moved unseen (splice(2)),
 * UINT64_MAX for all that follow; and that so many of them were. */
uint64_t http_body_left(const struct http_stream *stream);
void http_body_moved(struct http_stream *stream, uint64_t length);

/*
 * Upgrades (RFC 9110 7.8). Behind a request that asks for one, with its body, comes
 * HTTP_FEED_HOLD until the answer is known: the client waits for it, too. A 101 can be told
 * only from the first bytes that a server sends on a connection, for behind another answer
 * nobody knows where the next one begins without parsing all of them, and an agent could have a
 * server repeat "HTTP/1.1 101" in some body. So the caller makes a connection of its own for a
 * request with `upgrade` that is not the first one of its connection to the server, and drops
 * that one.
 *
 * Of the protocols, only those are known as upgrades that stay with the host that was asked:
 * websocket. The others (h2c and TLS name hosts of their own, unseen) no server hears of, and
 * one that sends a 101 all the same changes nothing: what comes after is a request.
 */
enum http_answer {
    HTTP_ANSWER_MORE,      /* give the same bytes again with more behind them */
    HTTP_ANSWER_SWITCHING, /* 101 */
    HTTP_ANSWER_OTHER,
};

/* `bytes` are the first ones that the server sent; interim answers before are passed over. */
enum http_answer http_answer(const uint8_t *bytes, size_t length);
/* The last request is whole: what comes next is another. */
bool http_is_between(const struct http_stream *stream);
/* Is it known already, before the client sent more, that HTTP_FEED_HOLD comes next? The answer
 * may be here first, and must not pass unread. */
bool http_is_held(const struct http_stream *stream);
/* After HTTP_FEED_HOLD, or instead: what follows is opaque, or again a request. */
void http_answered(struct http_stream *stream, bool switching);

#endif
