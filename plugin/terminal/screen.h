/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far a terminal's output has come: whether something of ours may be written between two of
 * its bytes without harm. Knows of ECMA-48 and xterm's control sequences only where each ends
 * and whether it is one of those that a line-by-line program uses; a program that moves the
 * cursor draws, and nobody can add a line to a drawing. To clear the screen, as clear(1) does
 * and shells do at Ctrl-L, is not to draw. Pure.
 */
#ifndef CLAUDEX_PLUGIN_TERMINAL_SCREEN_H
#define CLAUDEX_PLUGIN_TERMINAL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

enum { SCREEN_SEQUENCE_MAX = 32 };

/* Zero-initialised: a terminal that nothing was written to. */
struct screen {
    enum {
        SCREEN_TEXT,
        SCREEN_ESCAPE,        /* ESC */
        SCREEN_INTERMEDIATE,  /* ESC and what is between it and its final byte */
        SCREEN_CONTROL,       /* CSI … */
        SCREEN_STRING,        /* OSC, DCS, SOS, PM, APC … */
        SCREEN_STRING_ESCAPE, /* and ESC in it, perhaps of its end */
    } state;
    unsigned continuation;              /* bytes of UTF-8 still to come */
    bool inside_line;                   /* something was written behind the last line feed */
    bool alternate;                     /* the alternate screen is shown */
    bool homed;                         /* the cursor is, and nothing was written since */
    bool drawing;                       /* the cursor is moved about on the normal one */
    size_t length;                      /* of sequence */
    char sequence[SCREEN_SEQUENCE_MAX]; /* parameters of a CSI, cut */
};

void screen_feed(struct screen *screen, char byte);

/* Between two sequences: another sequence, such as one that sets the title, does no harm. */
bool screen_is_between(const struct screen *screen);
/* At the beginning of a line, on a screen that is written line by line: so does a line. */
bool screen_takes_line(const struct screen *screen);

#endif
