/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bounded input and output that an interrupting signal does not cut short.
 * All return -1 with errno on failure.
 */
#ifndef CLAUDEX_SHARED_IO_H
#define CLAUDEX_SHARED_IO_H

#include <stddef.h>
#include <sys/types.h>

struct buf;
struct error;

/* Writes everything; 0 or -1. On a non-blocking descriptor it waits with poll(2). */
int write_all(int fd, const void *bytes, size_t length);

/* Appends to b until end of file; 0, or -1 (E2BIG when b's cap is reached first). */
int read_all(int fd, struct buf *b);

/*
 * Reads a regular file, at most b->max bytes, without following a symlink in its last
 * component and without blocking on a FIFO that took its place (O_NOFOLLOW | O_NONBLOCK, then
 * fstat). Returns 0, or -1: ENOENT etc. from open, ELOOP for a symlink, EINVAL for anything
 * that is not a regular file, E2BIG when too large.
 */
int read_regular_file(int dirfd, const char *path, struct buf *b);

/*
 * Replaces dirfd/name in one step: temporary file in the same folder, fsync, rename, fsync of
 * the folder. Nothing is left behind on failure. `name` has no slash.
 */
int write_file_atomic(int dirfd, const char *name, const void *bytes, size_t length,
                      mode_t mode);

/* mkdir -p with `mode` for what it makes. 0, or -1: EINVAL for a path that is not absolute,
 * ENOTDIR where a file is in the way, else as mkdir(2). */
int make_folders(const char *path, mode_t mode);

#endif
