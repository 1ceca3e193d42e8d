/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two halves of an attachment share: plugin/terminal/attach.c, which waits, obeys
 * signals and tells the size, and plugin/terminal/attach_flow.c, through which all passes that
 * is typed and shown.
 */
#ifndef CLAUDEX_PLUGIN_TERMINAL_ATTACH_STATE_H
#define CLAUDEX_PLUGIN_TERMINAL_ATTACH_STATE_H

#include "plugin/engine/frames.h"
#include "plugin/terminal/attach.h"
#include "plugin/terminal/consent.h"
#include "plugin/terminal/keys.h"
#include "plugin/terminal/notice.h"
#include "shared/buf.h"

enum { ATTACH_PIECE = 32 * 1024 };

/* One attachment under way. */
struct attach_state {
    struct attach *attach;
    struct error *err;
    struct keys keys;
    struct frames frames;
    struct notice notice;
    struct consent consent;
    struct buf typed;    /* on its way to the session */
    int stream, signals; /* the latter from signalfd(2) */
    bool seen_output;
    bool typing;  /* somebody sits at a terminal, and may type the detach keys */
    bool reading; /* standard input is still open */
    bool half_closed;
    bool paused;  /* standard input belongs to another job of the terminal for now */
    bool unread;  /* nobody reads our standard output any more */
    int stops;    /* SIGINT and SIGTERM so far */
    int resizing; /* tries left */
    enum attach_end end;
    bool ended;
};

/* --- attach.c ----------------------------------------------------------------------------- */

/* The loop ends after this round; the first reason counts. */
void attach_finish(struct attach_state *state, enum attach_end end);
/* The same with ATTACH_FAILED, `what` and errno. */
void attach_fail(struct attach_state *state, const char *what);
/* False where the session cannot be sent signals. */
bool attach_pass_on(const struct attach_state *state, int number);
/* A signal came; `ours`: this process made it. */
void attach_signal(struct attach_state *state, int number, bool ours);

/* --- attach_flow.c ------------------------------------------------------------------------ */

/* Each takes what is there now, and does not wait. */
void attach_read_stdin(struct attach_state *state);
void attach_read_stream(struct attach_state *state);
/* Sends what was typed, as much as goes; and its end, once that is reached. */
void attach_flush_typed(struct attach_state *state);

/* To standard output; the context is the struct attach_state (plugin/terminal/consent.h,
 * notice.h). */
void attach_show_output(void *context, const char *bytes, size_t length);

#endif
