/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What BuildKit says while it builds, told as the classic builder would: each object of the
 * engine's stream holds, in base64 (RFC 4648 4), a StatusResponse of moby/buildkit's
 * api/services/control/control.proto, in protobuf's wire format. Pure.
 */
#ifndef CLAUDEX_PLUGIN_IMAGE_TRACE_H
#define CLAUDEX_PLUGIN_IMAGE_TRACE_H

#include <stdbool.h>
#include <stddef.h>

struct trace_events {
    /* A step begins, or was there already; its name is not ended by NUL, and anybody's. */
    void (*step)(void *data, const char *name, size_t length, bool cached);
    /* What a step writes. */
    void (*log)(void *data, const char *bytes, size_t length);
    void *data;
};

/* 0; -1 for a text that is no such thing, or when out of memory: what could be read was told.
 */
int trace_read(const char *base64, const struct trace_events *events);

#endif
