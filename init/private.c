/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "init/environment.h"
#include "init/privs.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/config.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

#define READY "ready" /* in BOX_PRIVATE: "UID GID\n" */
enum { READY_MAX = 64, READY_SECONDS = 10 };

/* Opens, or makes, one folder on the way and sees to its owner and mode. `mode` 0: only what
 * others could write is taken away. */
static int secure_folder(int parent, const char *name, mode_t mode, struct error *err)
{
    if (mkdirat(parent, name, mode ? mode : 0755) < 0 && errno != EEXIST)
        return error_errno(err, "cannot make the folder %s for " BOX_RUN, name);
    cleanup_fd int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return error_errno(err, "cannot open the folder %s on the way to " BOX_PRIVATE, name);
    mode_t is = st.st_mode & 07777;
    mode_t wanted = mode ? mode : (is & S_ISVTX) ? is : is & ~(mode_t)022;
    if (st.st_uid != 0 && fchown(fd, 0, 0) < 0)
        return error_errno(
            err, "cannot make the folder %s, on the way to " BOX_PRIVATE ", root's", name);
    if (is != wanted && fchmod(fd, wanted) < 0)
        return error_errno(
            err, "cannot change the mode of the folder %s on the way to " BOX_PRIVATE, name);
    return take_fd(&fd);
}

/* Walks from the root down to BOX_PRIVATE, or to the folder beside it. */
static int secure_way(const char *last, mode_t last_mode, struct error *err)
{
    const struct {
        const char *name;
        mode_t mode;
    } way[] = {{"/", 0}, {"run", 0}, {"claudex", 0755}, {last, last_mode}};
    cleanup_fd int folder = AT_FDCWD;
    for (size_t i = 0; i < array_length(way); i++) {
        int next = secure_folder(folder, way[i].name, way[i].mode, err);
        if (next < 0)
            return -1;
        if (folder >= 0)
            close(folder);
        folder = next;
    }
    return 0;
}

int private_close(struct error *err)
{
    if (secure_way("private", 0700, err) < 0 || secure_way("public", 0755, err) < 0)
        return -1;
    /* What an earlier start of this container left says nothing about this one. */
    if (unlink(BOX_PRIVATE "/" READY) < 0 && errno != ENOENT)
        return error_errno(err, "cannot remove " BOX_PRIVATE "/" READY);
    return 0;
}

/* Compose mounts the user's own files, which may be readable for their owner alone; who cannot
 * enter this folder. So the file is found as root and opened as its owner. */
static int read_as_owner(const char *path, struct buf *b, struct error *err)
{
    cleanup_fd int found = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (found < 0 || fstat(found, &st) < 0)
        return -1;
    if (!S_ISREG(st.st_mode)) {
        errno = S_ISLNK(st.st_mode) ? ELOOP : EINVAL;
        return -1;
    }
    char again[32];
    (void)snprintf(again, sizeof again, "/proc/self/fd/%d", found);
    if (privs_files_as(st.st_uid, st.st_gid, err) < 0)
        return -1;
    cleanup_fd int fd = open(again, O_RDONLY | O_CLOEXEC);
    int why = errno;
    if (privs_files_as(0, 0, err) < 0)
        return -1;
    errno = why;
    return fd < 0 ? -1 : read_all(fd, b);
}

static int cannot_read(const char *path, struct error *err)
{
    if (err->text[0])
        return -1;
    if (errno == E2BIG)
        return error_set(err, "%s is too large", path);
    return error_errno(err, "cannot read %s", path);
}

int private_read_session(struct session *session, struct error *err)
{
    cleanup_buf struct buf text = BUF_INIT(CONFIG_FILE_MAX);
    if (read_as_owner(BOX_CONFIG, &text, err) < 0) {
        if (errno == ENOENT && !err->text[0])
            return error_set(err, BOX_CONFIG " is missing; a box is started with `docker "
                                             "claudex run` or with claudex's compose file");
        return cannot_read(BOX_CONFIG, err);
    }
    cleanup_config struct config config = CONFIG_INIT;
    /* What is wrong with the text comes out of config_resolve, with the rest. */
    (void)config_parse(&config, text.data ? text.data : "", text.length, BOX_CONFIG,
                       CONFIG_RESOLVED);
    int result = config_resolve(&config, session, err);
    if (result < 0)
        err->status = EXIT_CLAUDEX; /* whoever wrote it, here it is no command line */
    return result;
}

int private_read_environment(struct strings *environment, struct error *err)
{
    cleanup_buf struct buf bytes = BUF_INIT(ENVIRONMENT_MAX);
    if (read_as_owner(BOX_ENV, &bytes, err) < 0)
        return errno == ENOENT && !err->text[0] ? 0 : cannot_read(BOX_ENV, err);
    return environment_parse(bytes.data ? bytes.data : "", bytes.length, environment, err);
}

int private_announce(const struct agent *agent, struct error *err)
{
    /* Written under another name and renamed once locked: who sees it sees it whole. Never
     * closed, for the lock lasts as long as the open file. */
    char text[READY_MAX];
    int length =
        snprintf(text, sizeof text, "%u %u\n", (unsigned)agent->uid, (unsigned)agent->gid);
    cleanup_fd int fd = open(BOX_PRIVATE "/." READY,
                             O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || write_all(fd, text, (size_t)length) < 0 ||
        rename(BOX_PRIVATE "/." READY, BOX_PRIVATE "/" READY) < 0)
        return error_errno(err, "cannot write " BOX_PRIVATE "/" READY);
    (void)take_fd(&fd);
    return 0;
}

/* 1: read; 0: not announced yet; -1: it cannot be. */
static int read_ready(struct agent *agent, struct error *err)
{
    cleanup_fd int fd = open(BOX_PRIVATE "/" READY, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : error_errno(err, "cannot read " BOX_PRIVATE "/" READY);
    if (flock(fd, LOCK_SH | LOCK_NB) == 0)
        return 0; /* nobody holds it: PID 1 is about to remove it */
    char text[READY_MAX];
    ssize_t length = read(fd, text, sizeof text - 1);
    text[length > 0 ? length : 0] = '\0';
    unsigned uid, gid;
    if (sscanf(text, "%u %u", &uid, &gid) != 2 || uid == 0)
        return error_set(err, BOX_PRIVATE "/" READY " is damaged");
    *agent = (struct agent){.uid = uid, .gid = gid};
    return 1;
}

int private_await(struct agent *agent, struct error *err)
{
    /* Most often it is; and to let go of a watch takes the kernel 10 ms. */
    int ready = read_ready(agent, err);
    if (ready != 0)
        return ready < 0 ? -1 : 0;
    cleanup_fd int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    /* Before the next look, so that nothing can come between. */
    if (watch < 0 || inotify_add_watch(watch, BOX_PRIVATE, IN_MOVED_TO) < 0)
        return error_errno(err, "cannot wait for the box to be ready");
    struct timespec start, now;
    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    for (;;) {
        int found = read_ready(agent, err);
        if (found != 0)
            return found < 0 ? -1 : 0;
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        long left = READY_SECONDS * 1000L - (now.tv_sec - start.tv_sec) * 1000L -
                    (now.tv_nsec - start.tv_nsec) / 1000000L;
        struct pollfd event = {.fd = watch, .events = POLLIN};
        if (left <= 0 || poll(&event, 1, (int)left) == 0)
            return error_set(err, "the box is not ready; see its log: docker logs");
        char events[1024];
        while (read(watch, events, sizeof events) > 0)
            ;
    }
}
