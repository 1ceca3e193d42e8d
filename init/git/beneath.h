/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening what lies in a project, whatever its agent makes of it meanwhile.
 */
#ifndef CLAUDEX_INIT_GIT_BENEATH_H
#define CLAUDEX_INIT_GIT_BENEATH_H

/*
 * openat(2) of a path without "..", with O_NOFOLLOW and O_CLOEXEC among the flags, that follows
 * no symlink on the way either: ELOOP, or ENOTDIR where the kernel is older than openat2(2). A
 * slash at its end is allowed.
 */
int open_beneath(int root, const char *path, int flags);

#endif
