/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/control_fifo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/privs.h"
#include "shared/cleanup.h"
#include "shared/log.h"

void control_fifo_close(struct control_fifo *fifo)
{
    int *fds[] = {&fifo->writer, &fifo->reader, &fifo->lock, &fifo->dir};
    for (size_t i = 0; i < array_length(fds); i++) {
        if (*fds[i] >= 0)
            close(*fds[i]);
        *fds[i] = -1;
    }
    fifo->length = 0;
    fifo->skipping = false;
}

/* The file is of the wanted type and belongs to the folder's owner. */
static int check(const struct control_fifo *fifo, int fd, mode_t type, const char *what,
                 struct error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return error_errno(err, "cannot look at '%s'", what);
    if ((st.st_mode & S_IFMT) != type || st.st_uid != fifo->uid)
        return error_set(err, "'%s' is not what it should be; remove it", what);
    return 0;
}

static int take_lock(struct control_fifo *fifo, struct error *err)
{
    fifo->lock = openat(fifo->dir, CONTROL_LOCK,
                        O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fifo->lock < 0)
        return error_errno(err, "cannot open '" CONTROL_LOCK "'");
    if (check(fifo, fifo->lock, S_IFREG, CONTROL_LOCK, err) != 0)
        return -1;
    if (flock(fifo->lock, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno == EWOULDBLOCK)
        return error_set(err, "another box reads it already");
    return error_errno(err, "cannot lock '" CONTROL_LOCK "'");
}

static int open_fifo(struct control_fifo *fifo, struct error *err)
{
    const int flags = O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC;
    if (mkfifoat(fifo->dir, CONTROL_FIFO, 0600) != 0 && errno != EEXIST)
        return error_errno(err, "cannot make '" CONTROL_FIFO "'");
    fifo->reader = openat(fifo->dir, CONTROL_FIFO, O_RDONLY | flags);
    if (fifo->reader < 0)
        return error_errno(err, "cannot open '" CONTROL_FIFO "'");
    if (check(fifo, fifo->reader, S_IFIFO, CONTROL_FIFO, err) != 0)
        return -1;
    if (fchmod(fifo->reader, 0600) != 0)
        return error_errno(err, "cannot make '" CONTROL_FIFO "' private");
    /* Through the descriptor: the name may have been given to something else meanwhile. */
    char path[32];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fifo->reader);
    fifo->writer = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fifo->writer < 0)
        return error_errno(err, "cannot hold '" CONTROL_FIFO "' open");
    return 0;
}

int control_fifo_open(struct control_fifo *fifo, const char *folder, struct error *err)
{
    struct error ignored = ERROR_INIT;
    struct stat st;
    /* O_PATH: entering it takes the owner's rights, looking at it does not. */
    fifo->dir = open(folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fifo->dir < 0 || fstat(fifo->dir, &st) != 0) {
        error_errno(err, "control FIFO in %s", folder);
        control_fifo_close(fifo);
        return -1;
    }
    fifo->uid = st.st_uid;
    fifo->gid = st.st_gid;
    int done = privs_files_as(fifo->uid, fifo->gid, err);
    if (done == 0)
        done = take_lock(fifo, err);
    if (done == 0)
        done = open_fifo(fifo, err);
    (void)privs_files_as(0, 0, &ignored);
    if (done == 0)
        return 0;
    control_fifo_close(fifo);
    return error_prefix(err, "control FIFO in %s", folder);
}

/* The caller's own FIFO, opened by its bare name. */
int control_fifo_reply_open(const struct control_fifo *fifo, const char *id)
{
    struct error ignored = ERROR_INIT;
    char name[sizeof "reply." + CONTROL_ID_MAX];
    struct stat st;
    (void)snprintf(name, sizeof name, "reply.%s", id);
    if (privs_files_as(fifo->uid, fifo->gid, &ignored) != 0)
        return -1;
    cleanup_fd int fd =
        openat(fifo->dir, name, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
    (void)privs_files_as(0, 0, &ignored);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISFIFO(st.st_mode) || st.st_uid != fifo->uid)
        return -1;
    return take_fd(&fd);
}

/* Whoever does not read loses the reply. */
void control_fifo_reply_write(int fd, const struct control_reply *reply)
{
    char line[CONTROL_LINE_MAX];
    int length = control_reply_print(reply, line, sizeof line);
    /* At most PIPE_BUF bytes: all of them or, where the pipe is full, none; pipe(7). */
    if (length > 0 && write(fd, line, (size_t)length) != length)
        return;
}

void control_fifo_answer(const struct control_fifo *fifo, const struct control_reply *reply)
{
    cleanup_fd int fd = control_fifo_reply_open(fifo, reply->id);
    if (fd >= 0)
        control_fifo_reply_write(fd, reply);
}

static void one_line(const struct control_fifo *fifo, const char *line, size_t length,
                     control_handler *handle, void *context)
{
    struct control_request request;
    const char *why;
    if (control_request_parse(line, length, &request, &why) != 0) {
        char text[80];
        warn("control FIFO: not a request: %s: %s", term_quote(text, sizeof text, line, length),
             why);
        return;
    }
    struct control_reply reply = {.status = 0};
    memcpy(reply.id, request.id, sizeof reply.id);
    handle(context, &request, &reply);
    if (reply.status != CONTROL_LATER)
        control_fifo_answer(fifo, &reply);
}

static void whole_lines(struct control_fifo *fifo, control_handler *handle, void *context)
{
    size_t at = 0;
    const char *end;
    while ((end = memchr(fifo->line + at, '\n', fifo->length - at))) {
        size_t length = (size_t)(end - (fifo->line + at));
        if (!fifo->skipping)
            one_line(fifo, fifo->line + at, length, handle, context);
        fifo->skipping = false;
        at += length + 1;
    }
    memmove(fifo->line, fifo->line + at, fifo->length - at);
    fifo->length -= at;
    if (fifo->length == sizeof fifo->line) {
        if (!fifo->skipping)
            warn("control FIFO: a line of more than %d bytes", CONTROL_LINE_MAX);
        fifo->skipping = true;
        fifo->length = 0;
    }
}

void control_fifo_serve(struct control_fifo *fifo, control_handler *handle, void *context)
{
    for (int reads = 0; reads < CONTROL_READS_MAX; reads++) {
        size_t room = sizeof fifo->line - fifo->length;
        ssize_t got = read(fifo->reader, fifo->line + fifo->length, room);
        if (got > 0) {
            fifo->length += (size_t)got;
            whole_lines(fifo, handle, context);
        }
        if (got == (ssize_t)room || (got < 0 && errno == EINTR))
            continue;
        /* Drained, and a request is written in one piece: what is left will never be whole,
         * and must not become the beginning of somebody else's. */
        if (fifo->length > 0 && !fifo->skipping)
            warn("control FIFO: a line without its end");
        fifo->length = 0;
        fifo->skipping = false;
        return;
    }
}
