/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whoever sits at a session's terminal is asked for each signature, where `[ssh] confirm` says
 * so (init/questions.h).
 *
 * While a question stands the terminal is ours: nothing of the session's is written to it, what
 * the session wrote last cannot be in the middle of anything, and the question has a screen of
 * its own, so that the session can neither paint over it nor answer it. What is typed is the
 * answer once plugin/terminal/question.h says so, and then never reaches the session.
 * Afterwards the terminal is as it was; a program that draws is told to draw anew. Rejected: a
 * line in the session's own screen, which the next frame would hide or contradict, and single
 * keys.
 */
#ifndef CLAUDEX_PLUGIN_TERMINAL_CONSENT_H
#define CLAUDEX_PLUGIN_TERMINAL_CONSENT_H

#include <stdbool.h>
#include <stddef.h>

#include "plugin/terminal/follow.h"
#include "plugin/terminal/question.h"
#include "plugin/terminal/screen.h"

enum {
    CONSENT_TRY_MS = 10, /* until the box listens */
    CONSENT_TRIES_SOON = 500,
    CONSENT_RETRY_MS = 500, /* after these */
    CONSENT_CUT_MS = 500,   /* how long the session may end what it has begun to write */
};

/* Writes bytes to our standard output. */
typedef void consent_write(void *context, const char *bytes, size_t length);

struct consent {
    const char *box;             /* its name. Borrowed */
    const struct screen *screen; /* of the session. Borrowed */
    int fd;                      /* what PID 1 says; -1: nobody asks */
    int timer;                   /* timerfd; -1: never asked. Both for poll(2) */
    int tries;
    struct follow follow;
    struct question question;
    int64_t since; /* the question stands */
    bool shown;    /* the terminal is ours */
    bool redraws;  /* the session's program has to draw anew */
};
#define CONSENT_INIT                                                                           \
    {                                                                                          \
        .fd = -1, .timer = -1                                                                  \
    }

/* From now on somebody can be asked, as soon as the box is up. */
void consent_begin(struct consent *consent, const char *box, const struct screen *screen);
/* consent->fd can be read. */
void consent_take(struct consent *consent, consent_write *write, void *context);
/* consent->timer can be read. */
void consent_tick(struct consent *consent, consent_write *write, void *context);
/* Keys; false where they are the session's. */
bool consent_type(struct consent *consent, const char *bytes, size_t length,
                  consent_write *write, void *context);
/* True once after what was shown is gone: the session's program has to draw anew. */
bool consent_redraws(struct consent *consent);
/* The session is over. Frees all. */
void consent_end(struct consent *consent, consent_write *write, void *context);

#endif
