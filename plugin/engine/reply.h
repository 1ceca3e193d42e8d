/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the engine's answers say: its error messages, streams of JSON objects, and the upgrade
 * of a connection; inner part of plugin/engine.
 */
#ifndef CLAUDEX_PLUGIN_ENGINE_REPLY_H
#define CLAUDEX_PLUGIN_ENGINE_REPLY_H

#include <jansson.h>
#include <stddef.h>

#include "shared/buf.h"
#include "shared/error.h"

/* Fills *err from an answer of 400 and above: {"message": …} or any bytes. Returns -1. */
int engine_reply_error(long status, const char *body, size_t length, struct error *err);

/*
 * Objects of JSON one after another, each ended by a newline, as /build, /images/create and
 * /events send them. Feed what arrives; `object` gets each (borrowed). 0, or -1 from it or for
 * bytes that are no such stream.
 */
enum { JSON_LINE_MAX = 1 << 20 };
struct json_lines {
    struct buf rest; /* BUF_INIT(JSON_LINE_MAX) */
    int (*object)(void *data, const json_t *object, struct error *err);
    void *data;
};
int json_lines_feed(struct json_lines *lines, const char *bytes, size_t length,
                    struct error *err);

/* POSTs `path` with the JSON text `body` (or NULL) on `fd` and reads the answer's head, and not
 * a byte more, so that what follows on fd belongs to the stream. 0 or -1. */
int engine_upgrade(int fd, const char *path, const char *body, struct error *err);

#endif
