/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files in a folder that somebody else owns: no symlink is followed, whatever lies there. For
 * AGENT_HOME the caller reaches files as the agent meanwhile (privs_files_as), so that nothing
 * is written that the agent could not have written itself. All return -1 with errno on failure.
 */
#ifndef CLAUDEX_INIT_HOME_PLACE_H
#define CLAUDEX_INIT_HOME_PLACE_H

#include <stddef.h>
#include <sys/types.h>

struct buf;

/* Opens the folder `path` below dirfd, which is relative; with `make`, what is missing on the
 * way is made (0700). ELOOP or ENOTDIR where something else lies there. */
int place_folder(int dirfd, const char *path, int make);

/* Replaces the file dirfd/path in one step, making its folders. */
int place_file(int dirfd, const char *path, const void *bytes, size_t length, mode_t mode);

/* The opposite of place_file(): ENOENT etc. from open, ELOOP for a symlink, EINVAL for anything
 * but a regular file with one name, E2BIG for more than b->max bytes. */
int place_read(int dirfd, const char *path, struct buf *b);

/* Removes dirfd/name with all that is below it. What is not there is removed. ENAMETOOLONG for
 * a tree too deep to walk. */
int place_remove(int dirfd, const char *name);

#endif
