/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/io.h"

int replace_file(const char *path, const void *bytes, size_t length, mode_t mode)
{
    char temporary[PATH_MAX];
    if ((size_t)snprintf(temporary, sizeof temporary, "%s.claudex", path) >= sizeof temporary) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (unlink(temporary) < 0 && errno != ENOENT)
        return -1;
    cleanup_fd int fd =
        open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return -1;
    if (fchmod(fd, mode) == 0 && write_all(fd, bytes, length) == 0 &&
        rename(temporary, path) == 0)
        return 0;
    int why = errno;
    (void)unlink(temporary);
    errno = why;
    return -1;
}
