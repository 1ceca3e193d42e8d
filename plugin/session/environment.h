/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The session's environment as users give it: NAME=value sets, NAME alone takes the value that
 * the host has, if it has one. The result goes into BOX_ENV or an exec request, never into the
 * container's spec. Pure; messages show no value.
 */
#ifndef CLAUDEX_PLUGIN_SESSION_ENVIRONMENT_H
#define CLAUDEX_PLUGIN_SESSION_ENVIRONMENT_H

#include <stddef.h>

#include "shared/error.h"
#include "shared/session.h"

enum { ENVIRONMENT_BYTES_MAX = 1 << 20 }; /* PID 1 takes no more */

/* getenv(3), or a test's. */
typedef const char *environment_lookup(const char *name);

/* Adds NAME=value to the list, in the place of an older one of that name. */
int environment_add(struct strings *list, const char *text, environment_lookup *lookup,
                    struct error *err);

/* A file of such lines, as docker's --env-file: empty ones and those that begin with # say
 * nothing, values are taken as they are. `file` is for messages. */
int environment_add_file(struct strings *list, const char *bytes, size_t length,
                         const char *file, environment_lookup *lookup, struct error *err);

/* The host's proxies, where the list does not name them. */
int environment_add_proxies(struct strings *list, environment_lookup *lookup,
                            struct error *err);

#endif
