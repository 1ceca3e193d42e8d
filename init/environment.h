/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The session's environment: the container's own, what the session itself says (HOME, USER …),
 * and over both what the user set, which comes as the file BOX_ENV because it may hold secrets.
 */
#ifndef CLAUDEX_INIT_ENVIRONMENT_H
#define CLAUDEX_INIT_ENVIRONMENT_H

#include <stddef.h>

#include "shared/error.h"
#include "shared/session.h"

enum { ENVIRONMENT_MAX = 1 << 20 }; /* bytes of BOX_ENV */

/* Pure. BOX_ENV's bytes: NAME=value, each ended by NUL, names as is_env_name() has them.
 * Appends to `out`; messages never show a value. */
int environment_parse(const char *bytes, size_t length, struct strings *out, struct error *err);

/* Changes this process's environment to the session's. `set` is NAME=value each, later ones
 * win. */
int environment_apply(const struct strings *set, struct error *err);

/* Overwrites and frees: PID 1 lives long, and needs none of the session's secrets. */
void environment_forget(struct strings *set);

#endif
