/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hosts and durations as people type them at `allow` and `deny`. What is not one is answered
 * with what was probably meant. Pure, but for idn.h.
 */
#ifndef CLAUDEX_PLUGIN_POLICY_HOST_ARGUMENT_H
#define CLAUDEX_PLUGIN_POLICY_HOST_ARGUMENT_H

#include <stdint.h>

#include "shared/error.h"

enum { HOST_ARGUMENT_MAX = 272 }; /* with NUL */

/* A host pattern, into `out`: `text`, or where that has letters outside ASCII its xn-- form.
 * -1 with a usage error that says what to write instead, where that can be told:
 * https://Example.com/path → example.com. `command` is what was typed before it, as the message
 * is to repeat it: "claudex allow". */
int host_argument(const char *text, const char *command, char out[HOST_ARGUMENT_MAX],
                  struct error *err);

/* The host that was probably meant, into `out`; 0, or -1 where nothing can be told. */
int host_argument_guess(const char *text, char out[HOST_ARGUMENT_MAX]);

/* "10m" → seconds. */
int duration_argument(const char *text, uint32_t *seconds, struct error *err);

#endif
