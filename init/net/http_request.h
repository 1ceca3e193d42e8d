/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads one head of an HTTP/1 request, whole and of the form that http_fields.h checks: for
 * which host it is and how long its body is. Pure; the only user of http_parser. Our own checks
 * come before it: what two parsers could read differently (RFC 9112 11.2) is refused, not
 * repaired. This includes both lengths or one of them twice, transfer codings except "chunked",
 * two Hosts, an absolute form that differs from Host, HTTP/0.9, and field names that CGI would
 * take for another (Content_Length).
 *
 * CONNECT and HTTP/2 without TLS ("PRI * HTTP/2.0", RFC 9113 3.3) are refused as well, because
 * the gate could not see the requests that follow. For the same reason a request passes
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
    size_t dropped_at, dropped; /* `dropped` bytes of the head, from there, must not pass */
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
/* Reads the first bytes of an answer to a request that was no HEAD. -1 if they do not say how
 * long it is: the head is not whole, has no length, or switches protocols. */
int http_read_answer(const char *bytes, size_t length, struct http_length *answer);

/* Reads the section behind a chunked body: 0; or -1 with status and why if it has a field that
 * only a head may have. */
int http_read_trailer(const char *bytes, size_t size, struct http_request *request);

#endif
