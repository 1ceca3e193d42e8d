/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the image pins (image/versions: NAME=value lines), as build arguments. Pure.
 */
#ifndef CLAUDEX_PLUGIN_IMAGE_VERSIONS_H
#define CLAUDEX_PLUGIN_IMAGE_VERSIONS_H

#include <jansson.h>
#include <stdbool.h>

#include "shared/error.h"

/* A new object {NAME: value}, or NULL for a line that is neither empty, comment nor NAME=value.
 */
json_t *versions_parse(const char *text, struct error *err);

/* True if version a is newer than b: numbers between dots and hyphens compared as numbers,
 * what has a hyphen is older than the same without (semver.org 11). False for equal ones. */
bool version_is_newer(const char *a, const char *b);

/* A version as npm has it, and nothing that a shell or a file name could trip over. */
bool is_version(const char *text);

#endif
