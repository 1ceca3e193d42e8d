/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Usage and help, printed from the tables of plugin/command.h and from nothing else.
 */
#ifndef CLAUDEX_PLUGIN_HELP_H
#define CLAUDEX_PLUGIN_HELP_H

#include <stdbool.h>
#include <stdio.h>

struct command;

/* One line what this is: for --help, and for docker's list of plugins. */
extern const char help_summary[];

/* `program` is "docker claudex" or "claudex"; the latter's options include docker's own. */
void help_print(FILE *out, const char *program, bool standalone);
void help_command(FILE *out, const char *program, const struct command *command);

#endif
