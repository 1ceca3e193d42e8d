/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's X11 display for a box: its socket, and the one cookie that opens it.
 *
 * Whoever may draw on a display may read what is typed into its other windows, look at them and
 * type into them, a terminal of the host's among them: there is no confinement on this side of
 * the socket (X11's own, the SECURITY extension, most servers are built without). So it is off
 * unless asked for, and the warning says what it voids.
 */
#ifndef CLAUDEX_PLUGIN_SESSION_X11_H
#define CLAUDEX_PLUGIN_SESSION_X11_H

#include <stddef.h>
#include <stdint.h>

#include "shared/error.h"

struct x11 {
    char display[24]; /* as the box has it: ":0" or ":0.1" */
    char socket[64];  /* on both sides */
    uint64_t device, inode;
    char *cookies; /* the box's ~/.Xauthority; NULL where there is no cookie */
    size_t cookies_length;
};
void x11_free(struct x11 *x11);

/* What DISPLAY names: [unix]:NUMBER[.SCREEN], a display of this machine. Pure. 0, or -1 with a
 * text of what is wrong. */
int x11_parse(const char *display, unsigned *number, unsigned *screen, const char **why);

/* By DISPLAY, XAUTHORITY and HOME. An error says what is missing and what helps. */
int x11_find(struct x11 *x11, struct error *err);

#endif
