/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/session/idmap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

size_t idmap_lines(uint32_t other, char *out, size_t size)
{
    const uint32_t all = UINT32_MAX; /* ids there are: 0 … 4294967294 */
    int n = snprintf(out, size,
                     "0 %" PRIu32 " 1\n"
                     "1 1 %" PRIu32 "\n"
                     "%" PRIu32 " 0 1\n"
                     "%" PRIu32 " %" PRIu32 " %" PRIu32 "\n",
                     other, other - 1, other, other + 1, other + 1, all - other - 1);
    return n < 0 ? 0 : (size_t)n;
}

static int write_map(pid_t child, const char *name, struct error *err)
{
    char path[64], lines[128];
    (void)snprintf(path, sizeof path, "/proc/%ld/%s", (long)child, name);
    size_t length = idmap_lines(UID_AGENT_DEFAULT, lines, sizeof lines);
    cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
    /* The kernel takes a map in one write only. */
    if (fd < 0 || write(fd, lines, length) != (ssize_t)length)
        return error_errno(err, "cannot set up a user namespace (%s)", name);
    return 0;
}

/* A child that does nothing but be in a user namespace of its own. `ready` tells when it is. */
static pid_t namespace_child(int ready[2], struct error *err)
{
    pid_t child = fork();
    if (child < 0)
        return error_errno(err, "fork");
    if (child > 0)
        return child;
    char failed = unshare(CLONE_NEWUSER) < 0 ? (char)errno : 0;
    if (write(ready[1], &failed, 1) == 1)
        for (;;)
            (void)pause();
    _exit(0);
}

static int open_namespace(pid_t child, int ready, struct error *err)
{
    char failed = 0, path[64];
    ssize_t n;
    while ((n = read(ready, &failed, 1)) < 0 && errno == EINTR)
        continue;
    errno = n == 1 ? failed : EIO;
    if (errno != 0)
        return error_errno(err, "cannot make a user namespace");
    if (write_map(child, "uid_map", err) < 0 || write_map(child, "gid_map", err) < 0)
        return -1;
    (void)snprintf(path, sizeof path, "/proc/%ld/ns/user", (long)child);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? error_errno(err, "cannot open a user namespace") : fd;
}

/* A user namespace with the map of idmap_lines(). */
static int make_namespace(struct error *err)
{
    int ready[2];
    if (pipe2(ready, O_CLOEXEC) < 0)
        return error_errno(err, "pipe");
    pid_t child = namespace_child(ready, err);
    close(ready[1]);
    int fd = child < 0 ? -1 : open_namespace(child, ready[0], err);
    close(ready[0]);
    if (child > 0) {
        (void)kill(child, SIGKILL);
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    return fd;
}

int idmap_mount(int fd, const char *target, struct error *err)
{
    cleanup_fd int names = make_namespace(err);
    if (names < 0)
        return -1;
    cleanup_fd int tree =
        open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (tree < 0)
        return error_errno(err, "cannot copy the mount");
    struct mount_attr attributes = {
        .attr_set = MOUNT_ATTR_IDMAP, .propagation = MS_PRIVATE, .userns_fd = (unsigned)names};
    if (mount_setattr(tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) < 0)
        return error_errno(err, "this file system cannot show its files under another owner");
    if (make_folders(target, 0700) < 0 ||
        move_mount(tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return error_errno(err, "cannot mount on %s", quoted(target));
    return 0;
}

void idmap_clear(const char *folder)
{
    char mounts[4096], path[4096 + 256];
    int n = snprintf(mounts, sizeof mounts, "%s/mnt", folder);
    if (n < 0 || (size_t)n >= sizeof mounts)
        return;
    cleanup_dir DIR *entries = opendir(mounts);
    const struct dirent *entry;
    while (entries && (entry = readdir(entries))) {
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", mounts, entry->d_name);
        /* Mounted more than once after a run that was killed; EINVAL: not a mount (any more).
         */
        while (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
            continue;
        if (rmdir(path) < 0 && errno != ENOENT)
            warn("cannot remove %s: %s", quoted(path), strerror(errno));
    }
    if (entries && rmdir(mounts) < 0 && errno != ENOENT)
        warn("cannot remove %s: %s", quoted(mounts), strerror(errno));
    /* Holds other things while the box lives. */
    if (rmdir(folder) < 0 && errno != ENOENT && errno != ENOTEMPTY)
        warn("cannot remove %s: %s", quoted(folder), strerror(errno));
}
