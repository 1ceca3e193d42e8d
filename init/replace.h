/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of the container that every start writes anew: replaced in one step, like
 * write_file_atomic() of shared/io.h, but not waited for until they are on a disk. Two fsync(2)
 * would cost more than the rest of the boot.
 */
#ifndef CLAUDEX_INIT_REPLACE_H
#define CLAUDEX_INIT_REPLACE_H

#include <stddef.h>
#include <sys/types.h>

/* Replaces `path`, which is absolute and not too long, with a file of PID 1's user. 0, or -1
 * with errno and nothing left behind. */
int replace_file(const char *path, const void *bytes, size_t length, mode_t mode);

#endif
