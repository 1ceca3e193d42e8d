/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one cleanup vocabulary. A variable marked with one of these frees what it holds at the
 * end of its scope; `take_…` hands the thing to somebody else and leaves the sentinel behind,
 * so that every transfer of ownership is visible at the call.
 */
#ifndef CLAUDEX_SHARED_CLEANUP_H
#define CLAUDEX_SHARED_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free_(void *p)
{
    free(*(void **)p);
}

static inline void cleanup_fd_(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void cleanup_file_(FILE **f)
{
    if (*f)
        fclose(*f);
}

static inline void cleanup_dir_(DIR **d)
{
    if (*d)
        closedir(*d);
}

#define cleanup_with(fn) __attribute__((cleanup(fn)))
#define cleanup_free     cleanup_with(cleanup_free_)
#define cleanup_fd       cleanup_with(cleanup_fd_)
#define cleanup_file     cleanup_with(cleanup_file_)
#define cleanup_dir      cleanup_with(cleanup_dir_)

/* Evaluates to the pointer and leaves NULL: `return take_ptr(path);` */
#define take_ptr(p)                                                                            \
    __extension__({                                                                            \
        __typeof__(p) taken_ = (p);                                                            \
        (p) = NULL;                                                                            \
        taken_;                                                                                \
    })

/* The same for a descriptor, leaving -1. */
static inline int take_fd(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

#define array_length(a) (sizeof(a) / sizeof((a)[0]))

#endif
