/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shared/cleanup.h"

/* Part by part. */
static int open_parts(int root, const char *path, int flags)
{
    cleanup_fd int folder = -1;
    for (;;) {
        char part[NAME_MAX + 1];
        const size_t length = strcspn(path, "/");
        const char *next = path + length + (path[length] == '/');
        if (length >= sizeof part) {
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(part, path, length);
        part[length] = '\0';
        const int at = folder < 0 ? root : folder;
        if (!*next)
            return openat(at, part, flags | O_NOFOLLOW | O_CLOEXEC);
        int deeper = openat(at, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (deeper < 0)
            return -1;
        if (folder >= 0)
            close(take_fd(&folder));
        folder = deeper;
        path = next;
    }
}

int open_beneath(int root, const char *path, int flags)
{
    const struct open_how how = {.flags = (unsigned)(flags | O_NOFOLLOW | O_CLOEXEC),
                                 .resolve = RESOLVE_NO_SYMLINKS};
    long fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    /* EPERM: an engine's filter that has not heard of it. */
    return fd < 0 && (errno == ENOSYS || errno == EPERM) ? open_parts(root, path, flags)
                                                         : (int)fd;
}
