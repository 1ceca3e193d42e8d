/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/guests.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init/loop.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/parse.h"

bool guest_in_stat(const char *line)
{
    /* The name in parentheses is the process's own to choose, and may hold some. */
    const char *name_end = strrchr(line, ')');
    int pid, parent;
    char state;
    return name_end && sscanf(line, "%d", &pid) == 1 &&
           sscanf(name_end + 1, " %c %d", &state, &parent) == 2 && pid != 1 && parent == 0 &&
           state != 'Z' && state != 'X';
}

static bool is_guest(int proc, const char *pid)
{
    char path[32], line[512];
    (void)snprintf(path, sizeof path, "%.16s/stat", pid);
    cleanup_fd int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
    if (length <= 0)
        return false; /* gone */
    line[length] = '\0';
    return guest_in_stat(line);
}

static void on_pidfd(void *context, int fd, uint32_t events)
{
    (void)events;
    struct guests *guests = context;
    loop_remove(guests->loop, fd);
    close(take_fd(&guests->pidfd));
    guests->left(guests->context);
}

/* Watches this one, unless another is watched already. */
static int watch(struct guests *guests, int proc, const char *name, pid_t pid)
{
    if (guests->pidfd >= 0)
        return 0;
    cleanup_fd int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0)
        return -1;
    /* Its number may have become somebody else's before it was held fast. */
    if (!is_guest(proc, name)) {
        errno = ESRCH;
        return -1;
    }
    if (loop_add(guests->loop, pidfd, on_pidfd, guests) < 0)
        return -1;
    guests->pidfd = take_fd(&pidfd);
    return 0;
}

int guests_wait(struct guests *guests, struct loop *loop, guest_left *left, void *context)
{
    guests->loop = loop;
    guests->left = left;
    guests->context = context;
    cleanup_dir DIR *dir = opendir("/proc");
    if (!dir) {
        warn("cannot look for other sessions: %s", strerror(errno));
        return 0;
    }
    int count = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        uint64_t pid;
        if (parse_number(entry->d_name, 2, INT32_MAX, &pid) < 0 ||
            !is_guest(dirfd(dir), entry->d_name))
            continue;
        if (watch(guests, dirfd(dir), entry->d_name, (pid_t)pid) == 0)
            count++;
        else if (errno != ESRCH)
            warn("cannot wait for process %d: %s", (int)pid, strerror(errno));
    }
    return count;
}
