/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

enum { WRITABLE = 022, PERMISSIONS = 07777 };

/* What nobody can write to needs no other owner. */
static bool is_read_only(int fd)
{
    struct statvfs fs;
    return fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_RDONLY);
}

/* Returns the folder, root's; -1 with errno ENOENT where it is not there. */
static int secure_folder(int parent, const char *name, struct error *err)
{
    cleanup_fd int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd < 0 && errno == ENOENT)
        return -1;
    if (fd < 0 || fstat(fd, &st) < 0)
        return error_errno(err, "cannot open the folder %s on the way to " BOX_INIT, name);
    if ((st.st_uid == 0 && !(st.st_mode & WRITABLE)) || is_read_only(fd))
        return take_fd(&fd);
    if (st.st_uid != 0 && fchown(fd, 0, 0) < 0)
        return error_errno(err, "cannot make the folder %s, on the way to " BOX_INIT ", root's",
                           name);
    if (fchmod(fd, st.st_mode & PERMISSIONS & ~(mode_t)WRITABLE) < 0)
        return error_errno(
            err, "cannot change the mode of the folder %s on the way to " BOX_INIT, name);
    return take_fd(&fd);
}

static int check_program(int folder, const char *name, struct error *err)
{
    cleanup_fd int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 || fstat(fd, &st) < 0)
        return error_errno(err, "cannot look at " BOX_INIT);
    if (!S_ISREG(st.st_mode))
        return error_set(err, BOX_INIT " is no file; mend the image");
    if ((st.st_uid == 0 && !(st.st_mode & WRITABLE)) || is_read_only(fd))
        return 0;
    return error_set(err, "others than root may write to " BOX_INIT "; mend the image");
}

/* Walks from the root to the program, each step opened from the one before: what was looked at
 * is what lies there. */
static int secure_program(struct error *err)
{
    cleanup_free char *path = strdup(BOX_INIT);
    char *rest = path ? path + 1 : NULL;
    cleanup_fd int folder = path ? secure_folder(AT_FDCWD, "/", err) : -1;
    while (folder >= 0) {
        const char *name = strsep(&rest, "/");
        if (!rest)
            return check_program(folder, name, err);
        int next = secure_folder(folder, name, err);
        close(folder);
        folder = next;
    }
    return path && errno == ENOENT && !err->text[0] ? 0 : -1;
}

/* A box of an image that holds one program, and nothing else, shall be of use. */
static void make_tmp(void)
{
    struct stat st;
    if (lstat("/tmp", &st) == 0 || errno != ENOENT)
        return;
    if (mkdir("/tmp", 0700) < 0 || chmod("/tmp", 01777) < 0)
        warn("the image has no /tmp, and none can be made: %s", strerror(errno));
}

int image_prepare(struct error *err)
{
    if (secure_program(err) < 0)
        return -1;
    make_tmp();
    return 0;
}
