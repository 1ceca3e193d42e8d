/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/state.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"

/* …/claudex/`part`. */
static char *state_part(const char *part, struct error *err)
{
    char *path = NULL;
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    /* A relative one is to be ignored (XDG Base Directory Specification). */
    if (state && state[0] == '/') {
        if (asprintf(&path, "%s/claudex/%s", state, part) < 0)
            path = NULL;
    } else {
        const struct passwd *user = home && *home ? NULL : getpwuid(getuid());
        home = user ? user->pw_dir : home;
        if (!home || home[0] != '/') {
            (void)error_set(err, "no home folder for you: set HOME or XDG_STATE_HOME");
            return NULL;
        }
        if (asprintf(&path, "%s/.local/state/claudex/%s", home, part) < 0)
            path = NULL;
    }
    if (!path)
        (void)error_set(err, "out of memory");
    return path;
}

char *state_boxes(struct error *err)
{
    return state_part("boxes", err);
}

char *state_images(struct error *err)
{
    return state_part("images", err);
}

char *state_trust(struct error *err)
{
    return state_part("trust", err);
}

char *state_box(const char *name, struct error *err)
{
    char *path = NULL;
    cleanup_free char *boxes = state_boxes(err);
    if (boxes && asprintf(&path, "%s/%s", boxes, name) < 0) {
        (void)error_set(err, "out of memory");
        path = NULL;
    }
    return path;
}

static int lock(int fd)
{
    int failed;
    while ((failed = flock(fd, LOCK_EX)) < 0 && errno == EINTR)
        continue;
    return failed;
}

int state_box_lock(const char *folder, struct error *err)
{
    for (;;) {
        struct stat locked, there;
        if (make_folders(folder, 0700) < 0)
            return error_errno(err, "cannot make the folder %s", quoted(folder));
        cleanup_fd int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT)
            continue;
        if (fd < 0 || lock(fd) < 0 || fstat(fd, &locked) < 0)
            return error_errno(err, "cannot lock the folder %s", quoted(folder));
        /* Who had the lock may have removed the folder with it. */
        if (stat(folder, &there) == 0 && there.st_ino == locked.st_ino)
            return take_fd(&fd);
    }
}
