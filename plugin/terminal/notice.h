/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who sits at a session's terminal hears when something is refused for the first time, and what
 * the agent asks for.
 *
 * As a line, where the terminal is written line by line, at the beginning of one: a shell, a
 * build. A program that draws would be left with a screen that is not what it thinks, and so
 * gets none; there the terminal's title says it, which is nobody's drawing. Either way it is
 * said once more when the session is over, where the terminal is ours again. Rejected: bells
 * and notifications (OSC 9), which interrupt people over a refused telemetry host, and a status
 * line of our own, which takes a row from the program.
 */
#ifndef CLAUDEX_PLUGIN_TERMINAL_NOTICE_H
#define CLAUDEX_PLUGIN_TERMINAL_NOTICE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "plugin/terminal/follow.h"
#include "plugin/terminal/screen.h"
#include "shared/session.h"

enum {
    NOTICE_LINES_MAX = 8, /* then it is enough for one session */
    NOTICE_HOSTS_MAX = 64,
    NOTICE_TRIES_MAX = 3,
};

struct notice {
    const char *box; /* its name; NULL: no notices. Borrowed */
    bool tty;        /* the session has a terminal: raw bytes; else lines on stderr */
    int tries;       /* of asking the box */
    int fd;          /* -1: nothing more will come */
    struct follow follow;
    struct screen screen;
    struct strings refused, asked; /* hosts */
    struct strings pending;        /* lines that wait for their place */
    int lines;
    bool titled;
};
#define NOTICE_INIT                                                                            \
    {                                                                                          \
        .fd = -1                                                                               \
    }

/* Writes bytes to our standard output. */
typedef void notice_write(void *context, const char *bytes, size_t length);

/* The session says something, so its box is up: asks it to tell, a few times if it does not
 * answer. */
void notice_begin(struct notice *notice);
/* notice->fd can be read: takes in what was refused, and says it if it may be said now. */
void notice_take(struct notice *notice, notice_write *write, void *context);
/* A piece of the session's output, with what waits put in where it may be. */
void notice_pass(struct notice *notice, const char *bytes, size_t length, notice_write *write,
                 void *context);
/* The terminal is ours again. Frees all. */
void notice_end(struct notice *notice);

/* What is refused, of the item that PID 1 sent. For the above, and tests. */
int notice_add(struct notice *notice, const json_t *item);

#endif
