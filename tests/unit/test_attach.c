/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/terminal/attach.c plugin/terminal/attach_flow.c plugin/engine/frames.c
 * plugin/terminal/keys.c plugin/terminal/terminal.c plugin/terminal/notice.c
 * plugin/terminal/screen.c plugin/policy/denial.c plugin/policy/wide.c plugin/terminal/follow.c
 * plugin/state.c plugin/state_control.c plugin/terminal/consent.c plugin/terminal/question.c */
/*
 * A child runs attach_run() on pipes or on a terminal of its own; the test is the session at
 * the other end of the stream, and the user.
 */
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
#include <sys/ioctl.h>
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
static bool pass_signal(void *data, int number)
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

static void open_pair(int pair[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
}

static void be_child(const struct attach *how, int signals)
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

static void start(struct world *world, struct attach how, bool terminal)
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
static size_t take(int fd, char *bytes, size_t wanted)
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

static void sees(int fd, const char *expected)
{
    char bytes[256] = "";
    const size_t length = strlen(expected);
    assert_int_equal(take(fd, bytes, length), length);
    assert_memory_equal(bytes, expected, length);
}

static void at_end(int fd)
{
    char byte;
    assert_int_equal(take(fd, &byte, 1), 0);
}

static void say(int fd, const char *bytes, size_t length)
{
    assert_int_equal(write(fd, bytes, length), (ssize_t)length);
}

static int ended(struct world *world)
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

static void hang_up(const struct world *world)
{
    assert_int_equal(shutdown(world->stream, SHUT_WR), 0);
}

static const struct attach plain = {
    .open_stdin = true, .close_stdin = true, .signal = pass_signal};
static const struct attach screen = {
    .tty = true, .open_stdin = true, .signal = pass_signal, .resize = "/c/1/resize"};

/* --- without a terminal ---------------------------------------------------------------- */

static void streams_are_kept_apart(void **state)
{
    static const char frames[] = "\1\0\0\0\0\0\0\3out\2\0\0\0\0\0\0\5error\1\0\0\0\0\0\0\1!";
    struct world world;
    (void)state;
    start(&world, plain, false);
    say(world.stream, frames, sizeof frames - 1);
    sees(world.out, "out!");
    sees(world.error, "error");
    hang_up(&world);
    assert_int_equal(ended(&world), 0);
}

static void input_and_its_end_are_passed_on(void **state)
{
    struct world world;
    (void)state;
    start(&world, plain, false);
    say(world.in, "hello\x10\x11", 7); /* what would be the detach keys are bytes here */
    sees(world.stream, "hello\x10\x11");
    assert_int_equal(shutdown(world.in, SHUT_WR), 0);
    at_end(world.stream);
    hang_up(&world);
    assert_int_equal(ended(&world), 0);
}

static void the_end_is_kept_where_it_would_be_our_leaving(void **state)
{
    struct world world;
    struct attach how = plain;
    (void)state;
    how.close_stdin = false;
    start(&world, how, false);
    say(world.in, "x", 1);
    assert_int_equal(shutdown(world.in, SHUT_WR), 0);
    sees(world.stream, "x");
    struct pollfd nothing = {.fd = world.stream, .events = POLLIN};
    assert_int_equal(poll(&nothing, 1, 200), 0);
    say(world.stream, "\1\0\0\0\0\0\0\4more", 12);
    sees(world.out, "more");
    hang_up(&world);
    assert_int_equal(ended(&world), 0);
}

static void a_session_that_does_not_read_blocks_nothing(void **state)
{
    struct world world;
    static char lots[1 << 20];
    (void)state;
    start(&world, plain, false);
    /* More than both sockets hold, so not all of it is taken. */
    assert_true(send(world.in, lots, sizeof lots, MSG_DONTWAIT) > 0);
    say(world.stream, "\1\0\0\0\0\0\0\2ok", 10);
    sees(world.out, "ok");
    hang_up(&world);
    assert_int_equal(ended(&world), 0);
}

static void signals_go_to_the_session_the_third_kills(void **state)
{
    static const int sent[] = {SIGHUP, SIGUSR1, SIGINT, SIGTERM, SIGINT};
    static const int expected[] = {SIGHUP, SIGUSR1, SIGINT, SIGTERM, SIGKILL};
    struct world world;
    (void)state;
    start(&world, plain, false);
    say(world.in, "up", 2);
    sees(world.stream, "up"); /* its signals are set up by now */
    for (size_t i = 0; i < array_length(sent); i++) {
        char byte;
        assert_int_equal(kill(world.child, sent[i]), 0);
        assert_int_equal(take(world.signals, &byte, 1), 1);
        assert_int_equal(byte, expected[i]);
    }
    hang_up(&world);
    assert_int_equal(ended(&world), 0);
}

static void a_signal_ends_us_where_it_cannot_be_passed_on(void **state)
{
    struct world world;
    struct attach how = plain;
    (void)state;
    how.signal = NULL;
    start(&world, how, false);
    say(world.in, "up", 2);
    sees(world.stream, "up");
    assert_int_equal(kill(world.child, SIGTERM), 0);
    assert_int_equal(ended(&world), 128 + SIGTERM);
}

static void a_signal_from_before_is_not_lost(void **state)
{
    struct world world;
    char byte;
    (void)state;
    cancelled = true;
    start(&world, plain, false);
    cancelled = false;
    assert_int_equal(take(world.signals, &byte, 1), 1);
    assert_int_equal(byte, SIGINT);
    hang_up(&world);
    assert_int_equal(ended(&world), 0);
}

static void an_output_that_nobody_reads_ends_the_session(void **state)
{
    struct world world;
    char byte;
    (void)state;
    start(&world, plain, false);
    assert_int_equal(shutdown(world.out, SHUT_RD), 0);
    say(world.stream, "\1\0\0\0\0\0\0\1x", 9);
    assert_int_equal(take(world.signals, &byte, 1), 1);
    assert_int_equal(byte, SIGTERM);
    say(world.stream, "\2\0\0\0\0\0\0\1e", 9);
    sees(world.error, "e");
    hang_up(&world);
    assert_int_equal(ended(&world), 0);
}

static void what_is_no_stream_fails(void **state)
{
    struct world world;
    (void)state;
    start(&world, plain, false);
    say(world.stream, "HTTP/1.1 500 no", 15);
    assert_int_equal(ended(&world), 2);
    start(&world, plain, false);
    say(world.stream, "\3\0\0\0\0\0\0\4oops", 12);
    assert_int_equal(ended(&world), 2);
}

static void bad_detach_keys_fail(void **state)
{
    struct world world;
    struct attach how = plain;
    (void)state;
    how.detach_keys = "ctrl-";
    start(&world, how, false);
    assert_int_equal(ended(&world), 2);
}

/* --- on a terminal -------------------------------------------------------------------- */

static bool is_raw(const struct world *world)
{
    struct termios mode;
    assert_int_equal(tcgetattr(world->in, &mode), 0);
    return !(mode.c_lflag & (ICANON | ECHO | ISIG));
}

static void as_before(const struct world *world)
{
    struct termios mode;
    assert_int_equal(tcgetattr(world->in, &mode), 0);
    assert_int_equal(mode.c_lflag, world->before.c_lflag);
    assert_int_equal(mode.c_iflag, world->before.c_iflag);
    assert_int_equal(mode.c_oflag, world->before.c_oflag);
}

/* The terminal's mode can be asked for until its other end is closed. */
static int ended_as_before(struct world *world)
{
    int slave = open(ptsname(world->in), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(slave >= 0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)world->child, &info, WEXITED | WNOWAIT), 0);
    as_before(world);
    close(slave);
    return ended(world);
}

static void started(struct world *world, struct attach how)
{
    start(world, how, true);
    sees(world->asked, "/c/1/resize?h=30&w=100");
    assert_true(is_raw(world));
}

static void raw_while_it_lasts(void **state)
{
    struct world world;
    (void)state;
    started(&world, screen);
    say(world.in, "\3ls\r", 4);
    sees(world.stream, "\3ls\r");
    say(world.stream, "\1\0\0\0\0\0\0\1x", 9); /* no frames here */
    char bytes[9];
    assert_int_equal(take(world.out, bytes, 9), 9);
    assert_int_equal(bytes[8], 'x');
    hang_up(&world);
    assert_int_equal(ended_as_before(&world), 0);
}

static void an_early_interrupt_is_a_signal_too(void **state)
{
    struct world world;
    char byte;
    (void)state;
    started(&world, screen);
    say(world.in, "\3", 1);
    sees(world.stream, "\3");
    assert_int_equal(take(world.signals, &byte, 1), 1);
    assert_int_equal(byte, SIGINT);
    say(world.stream, "$ ", 2);
    sees(world.out, "$ ");
    say(world.in, "\3", 1);
    sees(world.stream, "\3");
    struct pollfd nothing = {.fd = world.signals, .events = POLLIN};
    assert_int_equal(poll(&nothing, 1, 200), 0);
    hang_up(&world);
    assert_int_equal(ended_as_before(&world), 0);
}

static void the_keys_detach(void **state)
{
    struct world world;
    (void)state;
    started(&world, screen);
    say(world.in, "a\x10\x11", 3);
    sees(world.stream, "a");
    assert_int_equal(ended_as_before(&world), 1);
}

static void a_beginning_of_the_keys_is_passed_on_after_a_while(void **state)
{
    struct world world;
    (void)state;
    started(&world, screen);
    say(world.in, "\x10", 1);
    sees(world.stream, "\x10");
    hang_up(&world);
    assert_int_equal(ended_as_before(&world), 0);
}

static void a_change_of_size_is_told(void **state)
{
    struct world world;
    const struct winsize size = {.ws_row = 22, .ws_col = 77};
    (void)state;
    started(&world, screen);
    assert_int_equal(ioctl(world.in, TIOCSWINSZ, &size), 0);
    sees(world.asked, "/c/1/resize?h=22&w=77");
    hang_up(&world);
    assert_int_equal(ended_as_before(&world), 0);
}

static void signals_restore_the_terminal(void **state)
{
    static const int numbers[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
    (void)state;
    for (size_t i = 0; i < array_length(numbers); i++) {
        struct world world;
        char byte;
        started(&world, screen);
        assert_int_equal(kill(world.child, numbers[i]), 0);
        assert_int_equal(take(world.signals, &byte, 1), 1);
        assert_int_equal(byte, numbers[i]);
        assert_int_equal(ended_as_before(&world), 128 + numbers[i]);
    }
}

static void a_crash_restores_the_terminal(void **state)
{
    struct world world;
    (void)state;
    started(&world, screen);
    assert_int_equal(kill(world.child, SIGABRT), 0);
    assert_int_equal(ended_as_before(&world), SIGNAL_EXIT + SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_are_kept_apart),
        cmocka_unit_test(input_and_its_end_are_passed_on),
        cmocka_unit_test(the_end_is_kept_where_it_would_be_our_leaving),
        cmocka_unit_test(a_session_that_does_not_read_blocks_nothing),
        cmocka_unit_test(signals_go_to_the_session_the_third_kills),
        cmocka_unit_test(a_signal_ends_us_where_it_cannot_be_passed_on),
        cmocka_unit_test(a_signal_from_before_is_not_lost),
        cmocka_unit_test(an_output_that_nobody_reads_ends_the_session),
        cmocka_unit_test(what_is_no_stream_fails),
        cmocka_unit_test(bad_detach_keys_fail),
        cmocka_unit_test(raw_while_it_lasts),
        cmocka_unit_test(an_early_interrupt_is_a_signal_too),
        cmocka_unit_test(the_keys_detach),
        cmocka_unit_test(a_beginning_of_the_keys_is_passed_on_after_a_while),
        cmocka_unit_test(a_change_of_size_is_told),
        cmocka_unit_test(signals_restore_the_terminal),
        cmocka_unit_test(a_crash_restores_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
