/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A child runs attach_run() on pipes or on a terminal of its own; the test is the session at
 * the other end of the stream, and the user.
 */
#ifndef CLAUDEX_TESTS_UNIT_ATTACH_WORLD_H
#define CLAUDEX_TESTS_UNIT_ATTACH_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

#include "plugin/terminal/attach.h"
#include "shared/cleanup.h"

enum { PATIENCE_MS = 10000, SIGNAL_EXIT = 200 };

/* --- what attach.c needs of the engine ------------------------------------------------- */

static int requests = -1; /* pipe: what was asked for */
static bool cancelled;

int engine_request(struct engine *engine, const char *method, const char *path, json_t *body,
                   json_t **reply, long *status, struct error *err)
{
    (void)engine;
    (void)method;
    (void)body;
    (void)reply;
    (void)err;
    *status = 200;
    return write(requests, path, strlen(path)) > 0 ? 0 : -1;
}

bool engine_cancelled(void)
{
    return cancelled;
}

void engine_resume(void)
{
}

/* Tells the number as one byte. */
static inline bool pass_signal(void *data, int number)
{
    const int *fd = data;
    const char byte = (char)number;
    return write(*fd, &byte, 1) == 1;
}

/* --- the child ------------------------------------------------------------------------ */

struct world {
    pid_t child;
    int in, out, error; /* our ends of its standard streams; of a terminal all the same */
    int stream;         /* our end of the session's */
    int asked, signals; /* what it asked the engine for; which signals it passed on */
    struct termios before;
};

static inline void open_pair(int pair[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
}

static inline void be_child(const struct attach *how, int signals)
{
    struct attach attach = *how;
    struct error err = ERROR_INIT;
    int fd = signals;
    attach.data = &fd;
    switch (attach_run(&attach, &err)) {
    case ATTACH_EOF:
        _exit(0);
    case ATTACH_DETACHED:
        _exit(1);
    case ATTACH_SIGNAL:
        _exit(err.status);
    case ATTACH_FAILED:
        _exit(err.text[0] ? 2 : 3);
    }
}

static inline void start(struct world *world, struct attach how, bool terminal)
{
    int in[2], out[2], error[2], stream[2], asked[2], signals[2];
    open_pair(in);
    open_pair(out);
    open_pair(error);
    open_pair(stream);
    open_pair(asked);
    open_pair(signals);
    if (terminal) {
        struct winsize size = {.ws_row = 30, .ws_col = 100};
        close(in[0]);
        close(in[1]);
        assert_int_equal(openpty(&in[0], &in[1], NULL, NULL, &size), 0);
        assert_int_equal(tcgetattr(in[1], &world->before), 0);
    }
    how.stream = stream[1];
    world->child = fork();
    assert_true(world->child >= 0);
    if (world->child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        requests = asked[1];
        if (terminal && login_tty(in[1]) < 0)
            _exit(99);
        if (!terminal)
            (void)(dup2(in[1], 0) + dup2(out[1], 1));
        (void)dup2(error[1], 2);
        close(in[0]);
        close(stream[0]);
        close(out[0]);
        be_child(&how, signals[1]);
    }
    close(stream[1]);
    close(out[1]);
    if (!terminal)
        close(in[1]);
    *world = (struct world){world->child, in[0],        terminal ? in[0] : out[0],
                            error[0],     stream[0],    asked[0],
                            signals[0],   world->before};
}

/* Reads until so many bytes or the end; returns how many. */
static inline size_t take(int fd, char *bytes, size_t wanted)
{
    size_t have = 0;
    while (have < wanted) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, PATIENCE_MS) != 1)
            fail_msg("nothing came");
        ssize_t n = read(fd, bytes + have, wanted - have);
        if (n <= 0)
            break;
        have += (size_t)n;
    }
    return have;
}

static inline void sees(int fd, const char *expected)
{
    char bytes[256] = "";
    const size_t length = strlen(expected);
    assert_int_equal(take(fd, bytes, length), length);
    assert_memory_equal(bytes, expected, length);
}

static inline void say(int fd, const char *bytes, size_t length)
{
    assert_int_equal(write(fd, bytes, length), (ssize_t)length);
}

static inline int ended(struct world *world)
{
    int status;
    assert_int_equal(waitpid(world->child, &status, 0), world->child);
    close(world->in);
    if (world->out != world->in)
        close(world->out);
    close(world->error);
    close(world->stream);
    close(world->asked);
    close(world->signals);
    return WIFEXITED(status) ? WEXITSTATUS(status) : SIGNAL_EXIT + WTERMSIG(status);
}

static inline void hang_up(const struct world *world)
{
    assert_int_equal(shutdown(world->stream, SHUT_WR), 0);
}

#endif
