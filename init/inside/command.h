/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `claudex` inside the box: the same program as PID 1 under another name (BOX_COMMAND), for the
 * agent and whoever looks over its shoulder.
 */
#ifndef CLAUDEX_INIT_INSIDE_COMMAND_H
#define CLAUDEX_INIT_INSIDE_COMMAND_H

#include <stdbool.h>

/* Was this process called by that name? */
bool inside_is_command(const char *argv0);
/* PID 1: makes the name, where the image has none. What cannot be made is done without. */
void inside_make_command(void);

int inside_command(int argc, char **argv);

#endif
