/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacking. libarchive pulls its bytes while the engine pushes them, so a child reads them
 * from a socket: memory stays small whatever the size, and what parses a hostile archive is not
 * the process that speaks to the engine.
 */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugin/archive/lib.h"
#include "plugin/archive/unpack.h"
#include "shared/cleanup.h"

struct archive_reader {
    int fd; /* to the child; -1: it has ended */
    pid_t child;
    struct archive_outcome outcome;
};

static void be_child(int fd, const char *target, const char *rename_to,
                     const struct archive_limits *limits)
{
    struct archive_outcome outcome;
    /* With it, names that the archive says are UTF-8 come out as the same bytes. */
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    archive_unpack(fd, target, rename_to, limits, &outcome);
    (void)send(fd, &outcome, sizeof outcome, MSG_NOSIGNAL);
    _exit(0);
}

struct archive_reader *archive_reader_new(const char *target, const char *rename_to,
                                          const struct archive_limits *limits,
                                          struct error *err)
{
    struct archive_reader *reader = calloc(1, sizeof *reader);
    int pair[2];
    if (archive_lib_load(err) < 0) {
        free(reader);
        return NULL;
    }
    if (!reader || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        error_errno(err, "cannot unpack");
        free(reader);
        return NULL;
    }
    reader->fd = pair[0];
    reader->child = fork();
    if (reader->child == 0) {
        close(pair[0]);
        be_child(pair[1], target, rename_to, limits);
    }
    close(pair[1]);
    if (reader->child < 0) {
        error_errno(err, "cannot start the process that unpacks");
        close(pair[0]);
        free(reader);
        return NULL;
    }
    return reader;
}

/* Waits for the child and its word; once. */
static void settle(struct archive_reader *reader)
{
    struct archive_outcome outcome;
    size_t got = 0;
    if (reader->fd < 0)
        return;
    (void)shutdown(reader->fd, SHUT_WR);
    while (got < sizeof outcome) {
        ssize_t n = recv(reader->fd, (char *)&outcome + got, sizeof outcome - got, 0);
        if (n == 0 || (n < 0 && errno != EINTR))
            break;
        got += n < 0 ? 0 : (size_t)n;
    }
    close(reader->fd);
    reader->fd = -1;
    while (waitpid(reader->child, NULL, 0) < 0 && errno == EINTR)
        continue;
    if (got == sizeof outcome)
        reader->outcome = outcome;
    else
        error_set(&reader->outcome.failure, "the process that unpacks died");
}

static int judge(struct archive_reader *reader, struct error *err)
{
    settle(reader);
    if (reader->outcome.failure.status == 0)
        return 0;
    *err = reader->outcome.failure;
    return -1;
}

int archive_sink(void *data, const char *bytes, size_t length, struct error *err)
{
    struct archive_reader *reader = data;
    while (length > 0 && reader->fd >= 0) {
        ssize_t n = send(reader->fd, bytes, length, MSG_NOSIGNAL);
        if (n >= 0) {
            bytes += n;
            length -= (size_t)n;
        } else if (errno != EINTR) {
            /* The child has ended before its input: it failed, or all that follows is padding.
             */
            return judge(reader, err);
        }
    }
    return 0;
}

int archive_reader_finish(struct archive_reader *reader, uint64_t *files, uint64_t *bytes,
                          struct error *err)
{
    int failed = judge(reader, err);
    if (files)
        *files = reader->outcome.files;
    if (bytes)
        *bytes = reader->outcome.bytes;
    return failed;
}

void archive_reader_free(struct archive_reader **reader)
{
    struct archive_reader *old = take_ptr(*reader);
    if (!old)
        return;
    if (old->fd >= 0) {
        /* Given up: what the child has not unpacked by now, it need not. */
        (void)kill(old->child, SIGKILL);
        settle(old);
    }
    free(old);
}
