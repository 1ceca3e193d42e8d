/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/terminal/attach.c plugin/terminal/attach_flow.c plugin/engine/frames.c
 * plugin/terminal/keys.c plugin/terminal/terminal.c plugin/terminal/notice.c
 * plugin/terminal/screen.c plugin/policy/denial.c plugin/policy/wide.c plugin/terminal/follow.c
 * plugin/state.c plugin/state_control.c plugin/terminal/consent.c plugin/terminal/question.c */
/* Without a terminal. */
#include "tests/unit/attach_world.h"

static const struct attach plain = {
    .open_stdin = true, .close_stdin = true, .signal = pass_signal};

static void at_end(int fd)
{
    char byte;
    assert_int_equal(take(fd, &byte, 1), 0);
}

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
