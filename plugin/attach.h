/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's terminal on a hijacked stream: raw mode, resize, detach keys, and the
 * demultiplexed stream where there is no terminal (POST /containers/{id}/attach, "Stream
 * format" in the Engine API reference: 8-byte header, stream type, big-endian length).
 */
#ifndef CLAUDEX_PLUGIN_ATTACH_H
#define CLAUDEX_PLUGIN_ATTACH_H

#include <stdbool.h>

#include "plugin/engine.h"
#include "shared/error.h"

enum attach_end {
    ATTACH_EOF,      /* the stream ended: the session is over */
    ATTACH_DETACHED, /* the detach keys were typed */
    ATTACH_FAILED,   /* *err says why */
};

struct attach {
    struct engine *engine;
    int stream;         /* from engine_hijack; owned by attach_run, closed at its end */
    bool tty;           /* the session has a terminal: raw bytes, no framing */
    bool open_stdin;    /* forward our standard input */
    const char *resize; /* "/containers/ID/resize" or "/exec/ID/resize"; called on SIGWINCH */
    const char
        *signal; /* "/containers/ID/kill", for SIGTERM and SIGHUP without a tty; or NULL */
    const char *detach_keys; /* "ctrl-p,ctrl-q" (docker's form), or NULL for that default */
};

/* Puts the terminal into raw mode and restores it whatever happens (also when a signal ends
 * us). Blocks until the stream ends. */
enum attach_end attach_run(struct attach *attach, struct error *err);

#endif
