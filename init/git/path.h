/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths in trees, whose odd names are encoded (name.h). Pure.
 */
#ifndef CLAUDEX_INIT_GIT_PATH_H
#define CLAUDEX_INIT_GIT_PATH_H

#include <stddef.h>

enum { PATH_DECODED_MAX = 3 * 4096 };

/* The path as it is in the project, or back; ended by NUL, cut where it does not fit. Returns
 * the length. */
size_t path_decode(const char *path, char *out, size_t size);
size_t path_encode(const char *path, char *out, size_t size);

#endif
