/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's terminal on a hijacked stream: raw mode, resize, detach keys, and the
 * demultiplexed stream where there is no terminal (plugin/engine/frames.h).
 */
#ifndef CLAUDEX_PLUGIN_TERMINAL_ATTACH_H
#define CLAUDEX_PLUGIN_TERMINAL_ATTACH_H

#include <stdbool.h>

#include "plugin/engine/engine.h"
#include "shared/error.h"

enum attach_end {
    ATTACH_EOF,      /* the stream ended: the session is over */
    ATTACH_DETACHED, /* the detach keys were typed */
    ATTACH_SIGNAL,   /* a signal ended us, not the session; err->status is 128 + its number */
    ATTACH_FAILED,   /* *err says why */
};

struct attach {
    struct engine *engine;
    int stream;         /* from engine_hijack; owned by attach_run, closed at its end */
    bool tty;           /* the session has a terminal: raw bytes, no framing */
    bool open_stdin;    /* forward our standard input */
    bool close_stdin;   /* its end is the end of the session's (StdinOnce); else the engine
                         * would take it for our leaving, and send no more output */
    const char *resize; /* "/containers/ID/resize" or "/exec/ID/resize"; called on SIGWINCH */
    const char *detach_keys; /* "ctrl-p,ctrl-q" (docker's form), or NULL for that default */
    /* Passes a signal on to the session, where it is ours to end; else NULL. False where it
     * cannot. */
    bool (*signal)(void *data, int number);
    void *data;
    bool asks; /* and the box asks for consent to signatures (plugin/terminal/consent.h) */
    const char
        *box; /* its name: what it is refused is said (plugin/terminal/notice.h); NULL: not */
};

/* Put into an attach or exec request in the place of the user's, so that the engine does not
 * look for detach keys of its own: it would hold back what may be their beginning, and its end
 * of the stream looks like the session's. */
#define ATTACH_NO_KEYS                                                                         \
    "ctrl-@,ctrl-],ctrl-@,ctrl-^,ctrl-@,ctrl-_,ctrl-@,ctrl-],ctrl-@,ctrl-^,ctrl-@,ctrl-_"

/*
 * Puts the terminal into raw mode and restores it whatever happens (also when a signal ends
 * us). Blocks until the stream ends. A signal to us goes to the session by attach->signal.
 * Without a tty we go on until the stream ends, the third SIGINT or SIGTERM goes as SIGKILL,
 * and a standard output that nobody reads any more counts as a SIGTERM; with a tty, or where
 * signals cannot be passed on, ATTACH_SIGNAL is the end. A Ctrl-C that is typed before the
 * session has written anything goes as a SIGINT as well.
 */
enum attach_end attach_run(struct attach *attach, struct error *err);

/* Size of the terminal that is our standard output; zeros if it is none. */
void attach_terminal_size(unsigned short *rows, unsigned short *columns);

#endif
