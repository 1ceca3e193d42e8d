/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw mode of the terminal on our standard input. One at a time.
 */
#ifndef CLAUDEX_PLUGIN_TERMINAL_TERMINAL_H
#define CLAUDEX_PLUGIN_TERMINAL_TERMINAL_H

/* Saves the mode and sets the raw one (cfmakeraw(3)). Also restored when we crash. Does
 * nothing without a terminal. 0, or -1 with errno. */
int terminal_raw(void);

/* Back to the saved mode; harmless when there is none. */
void terminal_restore(void);

#endif
