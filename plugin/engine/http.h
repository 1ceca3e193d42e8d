/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP to the engine over every kind of endpoint; inner part of plugin/engine.
 */
#ifndef CLAUDEX_PLUGIN_ENGINE_HTTP_H
#define CLAUDEX_PLUGIN_ENGINE_HTTP_H

#include <stddef.h>

#include "plugin/engine/endpoint.h"
#include "plugin/engine/engine.h"
#include "shared/buf.h"
#include "shared/error.h"

struct http;

/* Loads libcurl; connects to nothing yet. The endpoint must outlive it. */
struct http *http_open(const struct endpoint *endpoint, struct error *err);
void http_close(struct http **http);

/* One request and its reply. The connection is kept for the next one. */
struct http_exchange {
    const char *method, *path;  /* path with its version, "/v1.45/info" */
    const char *content_type;   /* of the body; NULL without one */
    const char *const *headers; /* further ones, "Name: value", NULL-ended, or NULL */
    const void *body;           /* what is sent: these bytes, */
    size_t body_length;         /*   or */
    engine_source *source;      /*   what this yields, chunked */
    engine_sink *sink;          /* takes the body of a reply below 400; or NULL: */
    void (*idle)(void *data);   /* about once a second; or NULL */
    void *data;                 /*   for these three */
    struct buf reply;           /* the body of any other reply; the caller frees it */
    long status;                /* of the reply */
    char api_version[16];       /* its header Api-Version, or "" */
};
int http_exchange(struct http *http, struct http_exchange *exchange, struct error *err);

/* The same in two parts, for one request on a connection of its own while others go on: not for
 * ssh endpoints. The exchange must live until http_end(); http_close() drops it. 0 or -1. */
int http_begin(struct http *http, struct http_exchange *exchange, struct error *err);
int http_end(struct http *http, struct error *err);

/* A connection of its own, nothing sent on it yet, for hijacking. For TLS one end of a
 * socketpair that a child pumps. The descriptor, the caller's; or -1. */
int http_connect(struct http *http, struct error *err);

/* Readable while a cancellation stands. */
int cancel_descriptor(void);
/* True while requests have to end: engine_cancel() without an engine_resume() since. */
bool cancel_pending(void);
/* Makes the descriptor; before the first request. 0 or -1. */
int cancel_prepare(struct error *err);
int cancel_error(struct error *err);

#endif
