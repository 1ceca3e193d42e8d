/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asking the user on the terminal.
 */
#ifndef CLAUDEX_PLUGIN_TERMINAL_CONFIRM_H
#define CLAUDEX_PLUGIN_TERMINAL_CONFIRM_H

#include <stdbool.h>

#include "shared/error.h"

/* Whether there is somebody to be asked. */
bool confirm_possible(void);
/* Before the question: what was typed already is no answer to it. */
void confirm_flush(void);
/* Behind it: one line, whatever its length. False where it is not a clear yes, Ctrl-C and
 * Ctrl-D included. */
bool confirm_read(void);

/* All three, with a question of one line: 1 for yes, -1 for all else, so that what was not done
 * is no success; where nobody can be asked *err names the option that says yes beforehand. */
int confirm(const char *question, const char *option, struct error *err);

#endif
