/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/control_call.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/names.h"

struct call {
    int dir;
    uid_t owner;
    char reply_name[sizeof "reply." + CONTROL_ID_MAX];
};

static int choose_id(char id[CONTROL_ID_MAX + 1])
{
    uint64_t random;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return -1;
    (void)snprintf(id, CONTROL_ID_MAX + 1, "%016llx", (unsigned long long)random);
    return 0;
}

/* A FIFO of the folder, opened by its bare name. */
static int open_fifo(const struct call *call, const char *name, int access)
{
    struct stat st;
    cleanup_fd int fd =
        openat(call->dir, name, access | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0)
        return -1;
    if (!S_ISFIFO(st.st_mode) || st.st_uid != call->owner) {
        errno = EINVAL;
        return -1;
    }
    return take_fd(&fd);
}

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A reply is one piece; where more follows, what has already come behind it is left there. */
static ssize_t read_reply(int fd, char line[CONTROL_LINE_MAX], bool more_follows)
{
    size_t length = 0;
    if (!more_follows)
        return read(fd, line, CONTROL_LINE_MAX);
    while (length < CONTROL_LINE_MAX && read(fd, line + length, 1) == 1)
        if (line[length++] == '\n')
            break;
    return (ssize_t)length;
}

/* The reply is written in one piece (at most PIPE_BUF bytes), so one read has all of it. */
static int await(int fd, int timeout_ms, struct control_reply *reply, bool more_follows)
{
    char line[CONTROL_LINE_MAX];
    int64_t end = now_ms() + timeout_ms;
    for (;;) {
        int64_t left = end - now_ms();
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int n = poll(&ready, 1, left > 0 ? (int)left : 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ETIMEDOUT;
        if (n <= 0)
            return -1;
        break;
    }
    ssize_t length = read_reply(fd, line, more_follows);
    if (length < 1 || line[length - 1] != '\n' ||
        control_reply_parse(line, (size_t)length - 1, reply) != 0) {
        errno = EBADMSG;
        return -1;
    }
    return 0;
}

static int exchange(const struct call *call, const struct control_request *request,
                    int timeout_ms, struct control_reply *reply, int *follow)
{
    char line[CONTROL_LINE_MAX];
    int length = control_request_print(request, line, sizeof line);
    if (length < 0) {
        errno = EINVAL;
        return -1;
    }
    cleanup_fd int control = open_fifo(call, CONTROL_FIFO, O_WRONLY);
    if (control < 0)
        return -1;
    cleanup_fd int answer = open_fifo(call, call->reply_name, O_RDONLY);
    if (answer < 0)
        return -1;
    /* At most PIPE_BUF bytes: all or, where it is full, none; pipe(7). */
    if (write(control, line, (size_t)length) != length)
        return -1;
    if (await(answer, timeout_ms, reply, follow != NULL) != 0)
        return -1;
    if (strcmp(reply->id, request->id) != 0) {
        errno = EBADMSG;
        return -1;
    }
    if (follow)
        *follow = take_fd(&answer);
    return 0;
}

static int ask(const char *folder, struct control_request *request, int timeout_ms,
               struct control_reply *reply, int *follow, struct error *err)
{
    struct stat st;
    struct call call = {.dir = -1};
    cleanup_fd int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 || fstat(dir, &st) != 0 || choose_id(request->id) != 0)
        return error_errno(err, "control folder '%s'", folder);
    call.dir = dir;
    call.owner = st.st_uid;
    (void)snprintf(call.reply_name, sizeof call.reply_name, "reply.%s", request->id);
    if (mkfifoat(dir, call.reply_name, 0600) != 0)
        return error_errno(err, "cannot make a FIFO in '%s'", folder);
    int done = exchange(&call, request, timeout_ms, reply, follow);
    int number = errno;
    (void)unlinkat(dir, call.reply_name, 0);
    errno = number;
    if (done == 0)
        return 0;
    error_errno(err, "no reply through '%s/" CONTROL_FIFO "'", folder);
    errno = number;
    return -1;
}

int control_call(const char *folder, struct control_request *request, int timeout_ms,
                 struct control_reply *reply, struct error *err)
{
    return ask(folder, request, timeout_ms, reply, NULL, err);
}

int control_call_follow(const char *folder, enum control_word word, int timeout_ms,
                        struct control_reply *reply, int *follow, struct error *err)
{
    struct control_request request = {.word = word};
    return ask(folder, &request, timeout_ms, reply, follow, err);
}
