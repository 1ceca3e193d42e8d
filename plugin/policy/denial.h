/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What PID 1 says of a refusal (init/denied.h's JSON), for people. Pure.
 */
#ifndef CLAUDEX_PLUGIN_POLICY_DENIAL_H
#define CLAUDEX_PLUGIN_POLICY_DENIAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* "dns, tls"; "asked" where the agent asks for it. */
char *denial_via(const json_t *item, char *out, size_t size);
/* Is the remedy a command to copy? Not where it would let through more than anybody should who
 * reads one line (wide.h). */
bool denial_has_command(const json_t *item);
/* The command that would allow it, or what else can be said; `program` is how we were called.
 * Fit for a terminal. */
char *denial_remedy(const json_t *item, const char *program, char *out, size_t size);
/* One line: what was refused, or is asked for, and the command. Fit for a terminal. */
char *denial_line(const json_t *item, const char *program, char *out, size_t size);

#endif
