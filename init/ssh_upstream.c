/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/ssh_upstream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "init/privs.h"
#include "shared/cleanup.h"
#include "shared/names.h"

/* Opens nothing but a handle: no FIFO or device in its place does anything. */
static int find(const char *name, struct stat *st)
{
    struct stat folder;
    struct error err = ERROR_INIT;
    cleanup_fd int dir = open(BOX_SSH_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0 || fstat(dir, &folder) < 0)
        return -1;
    /* The agent's own folder is 0700 mostly. */
    if (privs_files_as(folder.st_uid, folder.st_gid, &err) < 0)
        return -1;
    cleanup_fd int found = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    int why = errno;
    if (privs_files_as(0, 0, &err) < 0)
        return -1;
    errno = why;
    if (found < 0 || fstat(found, st) < 0)
        return -1;
    errno = !S_ISSOCK(st->st_mode) ? ENOTSOCK : EPERM;
    if (!S_ISSOCK(st->st_mode) || (folder.st_uid != 0 && folder.st_uid != st->st_uid))
        return -1;
    return take_fd(&found);
}

int ssh_upstream_connect(const char *name)
{
    struct stat st;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    cleanup_fd int found = find(name, &st);
    if (found < 0)
        return -1;
    cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    /* By the handle: what was looked at is what is connected to, and the path may be long. */
    (void)snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", found);
    if (privs_peer_as(st.st_uid, st.st_gid) < 0)
        return -1;
    int connected = connect(fd, (struct sockaddr *)&address, sizeof address);
    int why = errno;
    if (privs_peer_as(0, 0) < 0)
        return -1;
    errno = why;
    return connected < 0 ? -1 : take_fd(&fd);
}
