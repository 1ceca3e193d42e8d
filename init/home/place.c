/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/home/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"

enum { FOLDER_MODE = 0700, DEPTH_MAX = 200 };

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* One step down; `name` has no slash. */
static int step(int parent, const char *name, int make)
{
    int fd = openat(parent, name, FOLDER_FLAGS);
    if (fd >= 0 || !make || errno != ENOENT)
        return fd;
    if (mkdirat(parent, name, FOLDER_MODE) < 0 && errno != EEXIST)
        return -1;
    return openat(parent, name, FOLDER_FLAGS);
}

int place_folder(int dirfd, const char *path, int make)
{
    char name[NAME_MAX + 1];
    cleanup_fd int folder = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);
    while (folder >= 0 && *path) {
        size_t length = strcspn(path, "/");
        if (length == 0 || length > NAME_MAX || strncmp(path, "..", length + 1) == 0) {
            errno = EINVAL;
            return -1;
        }
        memcpy(name, path, length);
        name[length] = '\0';
        int next = step(folder, name, make);
        close(folder);
        folder = next;
        path += length;
        if (*path == '/')
            path++;
    }
    return take_fd(&folder);
}

/* The folder that holds the last name of the path, which is returned in *name. */
static int parent_of(int dirfd, const char *path, int make, const char **name)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    if (snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 0, path) >=
        (int)sizeof folder) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return place_folder(dirfd, folder, make);
}

int place_file(int dirfd, const char *path, const void *bytes, size_t length, mode_t mode)
{
    const char *name;
    char temporary[NAME_MAX + 1];
    cleanup_fd int folder = parent_of(dirfd, path, 1, &name);
    if (folder < 0)
        return -1;
    if (snprintf(temporary, sizeof temporary, "%s.claudex", name) >= (int)sizeof temporary) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (unlinkat(folder, temporary, 0) < 0 && errno != ENOENT)
        return -1;
    cleanup_fd int fd =
        openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return -1;
    if (fchmod(fd, mode) == 0 && write_all(fd, bytes, length) == 0 &&
        renameat(folder, temporary, folder, name) == 0)
        return 0;
    int why = errno;
    (void)unlinkat(folder, temporary, 0);
    errno = why;
    return -1;
}

int place_read(int dirfd, const char *path, struct buf *b)
{
    const char *name;
    cleanup_fd int folder = parent_of(dirfd, path, 0, &name);
    if (folder < 0)
        return -1;
    cleanup_fd int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return -1;
    if (!S_ISREG(st.st_mode) || st.st_nlink != 1) {
        errno = EINVAL;
        return -1;
    }
    return read_all(fd, b);
}

static int remove_below(int folder, int depth);

static int remove_one(int parent, const char *name, int depth)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR)
        return -1;
    if (depth == DEPTH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    cleanup_fd int fd = openat(parent, name, FOLDER_FLAGS);
    if (fd < 0 && errno == EACCES && fchmodat(parent, name, FOLDER_MODE, 0) == 0)
        fd = openat(parent, name, FOLDER_FLAGS);
    if (fd < 0 || fchmod(fd, FOLDER_MODE) < 0 || remove_below(fd, depth + 1) < 0)
        return -1;
    return unlinkat(parent, name, AT_REMOVEDIR);
}

static int remove_below(int folder, int depth)
{
    int copy = fcntl(folder, F_DUPFD_CLOEXEC, 0);
    cleanup_dir DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *entry;
    if (!dir)
        return -1;
    while ((errno = 0, entry = readdir(dir))) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
            remove_one(folder, name, depth) < 0)
            return -1;
    }
    return errno ? -1 : 0;
}

int place_remove(int dirfd, const char *name)
{
    return remove_one(dirfd, name, 0);
}
