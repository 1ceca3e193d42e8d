/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Long results for people: through $PAGER (less) where standard output is a terminal.
 */
#ifndef CLAUDEX_PLUGIN_TERMINAL_PAGER_H
#define CLAUDEX_PLUGIN_TERMINAL_PAGER_H

#include <stdbool.h>
#include <stdio.h>

/* Where to write: the pager, or stdout. */
FILE *pager_open(void);
/* Waits until the pager is left. */
void pager_close(FILE *out);

/* On a terminal that wants it (NO_COLOR). */
bool pager_colours(void);

/* Text of others for people: tabs and line ends stay, what a terminal could take for a command
 * is escaped. With `patch`, coloured as a patch is. */
void pager_text(FILE *out, const char *text, size_t length, bool patch);

#endif
