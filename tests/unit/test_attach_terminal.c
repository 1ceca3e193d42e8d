/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/terminal/attach.c plugin/terminal/attach_flow.c plugin/engine/frames.c
 * plugin/terminal/keys.c plugin/terminal/terminal.c plugin/terminal/notice.c
 * plugin/terminal/screen.c plugin/policy/denial.c plugin/policy/wide.c plugin/terminal/follow.c
 * plugin/state.c plugin/state_control.c plugin/terminal/consent.c plugin/terminal/question.c */
/* On a terminal. */
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "plugin/state.h"
#include "shared/names.h"
#include "tests/unit/attach_world.h"

static const struct attach screen = {
    .tty = true, .open_stdin = true, .signal = pass_signal, .resize = "/c/1/resize"};

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

/* --- who only watches ------------------------------------------------------------------ */

static const struct attach watching = {.tty = true, .resize = "/c/1/resize"};

/* Nobody reads them: raw, Ctrl-C would be lost. */
static void who_only_watches_keeps_the_keys(void **state)
{
    struct world world;
    (void)state;
    start(&world, watching, true);
    sees(world.asked, "/c/1/resize?h=30&w=100");
    assert_false(is_raw(&world));
    assert_int_equal(kill(world.child, SIGCONT), 0); /* as from fg, after Ctrl-Z */
    sees(world.asked, "/c/1/resize?h=30&w=100");
    assert_false(is_raw(&world));
    hang_up(&world);
    assert_int_equal(ended_as_before(&world), 0);
}

static char home[] = "/tmp/clx-attach-XXXXXX";

/* The FIFO of a box whose PID 1 answers nothing. */
static int make_box(const char *name)
{
    struct error err = ERROR_INIT;
    char command[512];
    cleanup_free char *folder = state_box(name, &err);
    cleanup_free char *control = state_control(folder);
    (void)snprintf(command, sizeof command, "mkdir -p -m 700 '%s' && mkfifo -m 600 '%s/%s'",
                   control, control, CONTROL_FIFO);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
    (void)snprintf(command, sizeof command, "%s/%s", control, CONTROL_FIFO);
    const int fifo = open(command, O_RDWR | O_CLOEXEC);
    assert_true(fifo >= 0);
    return fifo;
}

/* 1 if PID 1 of a box that asks hears anything within this time, else 0. */
static int is_told(struct attach how, const char *box, int milliseconds)
{
    struct world world;
    cleanup_fd int fifo = make_box(box);
    struct pollfd told = {.fd = fifo, .events = POLLIN};
    how.asks = true;
    how.box = box;
    start(&world, how, true);
    const int count = poll(&told, 1, milliseconds);
    hang_up(&world);
    assert_int_equal(ended_as_before(&world), 0);
    return count;
}

/* A question there would stand until its time is over, though nobody can answer it. */
static void who_only_watches_is_not_asked(void **state)
{
    char command[64];
    (void)state;
    assert_non_null(mkdtemp(home));
    assert_int_equal(setenv("XDG_STATE_HOME", home, 1), 0);
    assert_int_equal(is_told(screen, "claudex-app-0a1b2c3d", PATIENCE_MS), 1);
    assert_int_equal(is_told(watching, "claudex-app-0a1b2c3e", 200), 0);
    (void)snprintf(command, sizeof command, "rm -r %s", home);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_while_it_lasts),
        cmocka_unit_test(an_early_interrupt_is_a_signal_too),
        cmocka_unit_test(the_keys_detach),
        cmocka_unit_test(a_beginning_of_the_keys_is_passed_on_after_a_while),
        cmocka_unit_test(a_change_of_size_is_told),
        cmocka_unit_test(signals_restore_the_terminal),
        cmocka_unit_test(a_crash_restores_the_terminal),
        cmocka_unit_test(who_only_watches_keeps_the_keys),
        cmocka_unit_test(who_only_watches_is_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
