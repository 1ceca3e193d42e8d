/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to the Docker Engine API (docs.docker.com/reference/api/engine). The only user of
 * libcurl, which is loaded at the first request, because linking it costs more than the rest of
 * our start-up together.
 *
 * Paths are given without the version prefix ("/containers/json?all=1"); whoever puts text into
 * a path passes it through engine_escape() first. API versions 1.41 and newer are spoken: the
 * lower of ours and the engine's, negotiated by GET /_ping.
 */
#ifndef CLAUDEX_PLUGIN_ENGINE_ENGINE_H
#define CLAUDEX_PLUGIN_ENGINE_ENGINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "plugin/engine/endpoint.h"
#include "shared/cleanup.h"
#include "shared/error.h"

enum {
    ENGINE_REPLY_MAX = 64 << 20, /* bytes of a JSON reply */
};

struct engine;

/* Connects and negotiates. No engine, one too old, no permission for the socket: words that say
 * so and name the remedy. NULL on failure. The endpoint must outlive the engine. */
struct engine *engine_open(const struct endpoint *endpoint, struct error *err);
void engine_close(struct engine **engine);
#define cleanup_engine cleanup_with(engine_close)

/* What it was opened with. Borrowed. */
const struct endpoint *engine_endpoint(const struct engine *engine);

/* "1.45": what is spoken. Borrowed. */
const char *engine_api_version(const struct engine *engine);

/*
 * One request. `body` may be NULL; `reply` may be NULL, else gets a new reference (NULL for an
 * empty body). `status` may be NULL, else gets the HTTP status and then every status is a
 * success of this call; with status NULL, 400 and above fails with the engine's own message.
 */
int engine_request(struct engine *engine, const char *method, const char *path, json_t *body,
                   json_t **reply, long *status, struct error *err);

/* Pulls up to `size` bytes into `bytes`; returns how many, 0 at the end, -1 with *err. */
typedef long engine_source(void *data, char *bytes, size_t size, struct error *err);
/* Takes what arrived; 0, or -1 with *err to end the request. */
typedef int engine_sink(void *data, const char *bytes, size_t length, struct error *err);

/* A request whose body and reply are streams (archives, build, pull, logs, events). Either
 * may be NULL. `content_type` is of the body ("application/x-tar"). Extra headers, such as
 * X-Registry-Config, in a NULL-ended array or NULL. Ended early by engine_cancel(). */
struct engine_stream {
    const char *method, *path, *content_type;
    const char *const *headers;
    engine_source *source;
    engine_sink *sink;
    void (*idle)(void *data); /* called about once a second, for progress; or NULL */
    void *data;
};
int engine_stream(struct engine *engine, const struct engine_stream *stream, struct error *err);

/*
 * Upgrades POST `path` to a raw two-way stream (attach, exec start). The answer is a descriptor
 * on which the session's bytes flow both ways; shutdown(SHUT_WR) half-closes. For TLS and ssh
 * endpoints it is one end of a socketpair that a child process pumps. `body` may be NULL.
 * Returns the descriptor (the caller's to close), or -1.
 */
int engine_hijack(struct engine *engine, const char *path, json_t *body, struct error *err);

/* Asynchronous-signal-safe: every request under way, and every one after it, ends with a
 * "cancelled" error, until engine_resume(). */
void engine_cancel(void);
/* True once there was a cancellation, also after engine_resume(). */
bool engine_cancelled(void);
/* Lets requests pass again, so that what a cancelled verb has made can be removed. Does nothing
 * where nothing was cancelled; a further cancellation ends those requests, too. */
void engine_resume(void);

/* Percent-encodes one path segment or query value: all but RFC 3986's unreserved characters,
 * ":" and "@" (3.3). Owned by the caller. */
char *engine_escape(const char *text);

/* What GET /info and /version say, as far as we need it; asked once. */
struct engine_info {
    bool rootless, userns_remap, desktop; /* desktop: the engine runs in a virtual machine */
    bool cgroup_v2;
    char version[64], kernel[128], architecture[32], os_type[16];
};
/* Asks the engine in good time: it needs 10 ms to answer, in which other requests can go on. */
void engine_info_begin(struct engine *engine);
const struct engine_info *engine_info(struct engine *engine, struct error *err);

#endif
