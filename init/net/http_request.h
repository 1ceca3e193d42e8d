/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One head of an HTTP/1 request, whole and of the form that http_fields.h checks: for whom it
 * is and how long its body. Pure; the only user of http_parser, before which our own checks
 * stand: what two parsers could read differently (RFC 9112 11.2) is refused, not repaired.
 * Among it: both lengths or one of them twice, transfer codings but "chunked", two Hosts, an
 * absolute form that is not what Host says, HTTP/0.9, field names that CGI would take for
 * another (Content_Length).
 *
 * Refused as well, because who is asked for what could not be seen any more: CONNECT, and
 * HTTP/2 without TLS ("PRI * HTTP/2.0", RFC 9113 3.3). For the same reason a request passes
 * without its Upgrade field, unless that is a WebSocket's handshake: clients that offer h2c go
 * on in HTTP/1.1.
 */
#ifndef CLAUDEX_INIT_NET_HTTP_REQUEST_H
#define CLAUDEX_INIT_NET_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/net/host.h"

struct http_request {
    struct host host; /* its port is 80 where none was named */
    bool upgrade;     /* to a protocol that stays with the host: the answer may be 101 */
    size_t dropped_at, dropped; /* so many bytes of the head, from there on, must not pass */
    bool head;                  /* HEAD: its answer has no body */
    bool chunked;
    uint64_t body;   /* bytes, unless it is chunked */
    int status;      /* of a refusal: 400, 405, 417, 431, 501 or 505 */
    const char *why; /* likewise; static */
};

/* `size` bytes of a section as http_section() found it. 0 with *request filled, or -1 with
 * status and why. */
int http_read_head(const char *bytes, size_t size, struct http_request *request);

struct http_length {
    uint64_t size; /* bytes of an answer, its head included */
    bool interim;  /* 1xx: another one follows */
};
/* The first bytes of an answer to a request that was no HEAD. -1 where they do not say how long
 * it is: the head is not whole, or no length in it, or it switches protocols. */
int http_read_answer(const char *bytes, size_t length, struct http_length *answer);

/* The section behind a chunked body: -1, likewise, if it says what only a head may. */
int http_read_trailer(const char *bytes, size_t size, struct http_request *request);

#endif
