/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/buf.h"

enum { READ_STEP = 64 * 1024 };

int write_all(int fd, const void *bytes, size_t length)
{
    const char *p = bytes;
    while (length > 0) {
        ssize_t n = write(fd, p, length);
        if (n >= 0) {
            p += n;
            length -= (size_t)n;
        } else if (errno == EAGAIN) {
            struct pollfd writable = {.fd = fd, .events = POLLOUT};
            if (poll(&writable, 1, -1) < 0 && errno != EINTR)
                return -1;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

int read_all(int fd, struct buf *b)
{
    for (;;) {
        size_t left = b->max - b->length;
        char byte; /* a full buffer still has to see the end of the file */
        size_t step = left < READ_STEP ? left : READ_STEP;
        char *room = step > 0 ? buf_reserve(b, step) : &byte;
        if (!room)
            return -1;
        ssize_t n = read(fd, room, step > 0 ? step : 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            return 0;
        if (step == 0) {
            errno = E2BIG;
            return -1;
        }
        b->length += (size_t)n;
        b->data[b->length] = '\0';
    }
}

int read_regular_file(int dirfd, const char *path, struct buf *b)
{
    cleanup_fd int fd =
        openat(dirfd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -1;
    if (!S_ISREG(st.st_mode)) {
        errno = EINVAL;
        return -1;
    }
    return read_all(fd, b);
}

int write_file_atomic(int dirfd, const char *name, const void *bytes, size_t length,
                      mode_t mode)
{
    char temporary[256];
    int n = snprintf(temporary, sizeof temporary, ".%s.%ld", name, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof temporary) {
        errno = ENAMETOOLONG;
        return -1;
    }
    /* A leftover of a killed process with our pid: ours to replace, never to follow. */
    if (unlinkat(dirfd, temporary, 0) < 0 && errno != ENOENT)
        return -1;
    cleanup_fd int folder = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return -1;
    cleanup_fd int fd =
        openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return -1;
    if (fchmod(fd, mode) == 0 && write_all(fd, bytes, length) == 0 && fsync(fd) == 0 &&
        renameat(dirfd, temporary, dirfd, name) == 0)
        /* Some file systems know no fsync of a folder, fsync(2); theirs is a lesser promise. */
        return fsync(folder) == 0 || errno == EINVAL ? 0 : -1;
    int why = errno;
    (void)unlinkat(dirfd, temporary, 0);
    errno = why;
    return -1;
}

int make_folders(const char *path, mode_t mode)
{
    if (path[0] != '/') {
        errno = EINVAL;
        return -1;
    }
    cleanup_free char *copy = strdup(path);
    if (!copy)
        return -1;
    for (char *slash = copy + 1;; slash++) {
        if (*slash != '/' && *slash != '\0')
            continue;
        char end = *slash;
        *slash = '\0';
        if (mkdir(copy, mode) < 0 && errno != EEXIST)
            return -1;
        if (end == '\0')
            break;
        *slash = end;
    }
    struct stat st;
    if (stat(copy, &st) < 0)
        return -1;
    errno = ENOTDIR;
    return S_ISDIR(st.st_mode) ? 0 : -1;
}
