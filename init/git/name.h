/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names that git would not take in a tree (fsck: hasDotgit), though Linux does: `.GIT`, `git~1`
 * and what HFS+ and NTFS would take for `.git`. They are recorded under a name of ours. Pure.
 */
#ifndef CLAUDEX_INIT_GIT_NAME_H
#define CLAUDEX_INIT_GIT_NAME_H

#include <stdbool.h>
#include <stddef.h>

enum { NAME_ENCODED_MAX = 2 * 255 + 16 };

/* Whether a file of that name (not empty, no slash) is recorded under another. */
bool name_is_odd(const char *name, size_t length);

/* "claudex~" and the bytes in hex. Returns the length. */
size_t name_encode(const char *name, size_t length, char out[NAME_ENCODED_MAX]);

/* The name that was encoded; the name itself if it is not one of ours. Returns the length. */
size_t name_decode(const char *name, size_t length, char out[NAME_ENCODED_MAX]);

#endif
