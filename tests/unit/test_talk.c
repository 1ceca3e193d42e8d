/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/inside/talk.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "init/inside/talk.h"
#include "shared/cleanup.h"

static int make(void **state)
{
    static int ends[2];
    *state = ends;
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends);
}

static int unmake(void **state)
{
    const int *ends = *state;
    close(ends[0]);
    if (ends[1] >= 0)
        close(ends[1]);
    return 0;
}

static void a_request_is_one_packet_of_text(void **state)
{
    const int *ends = *state;
    char request[INSIDE_REQUEST_MAX + 1], longest[INSIDE_REQUEST_MAX + 1];
    assert_int_equal(inside_read(ends[0], request), INSIDE_WAITS);
    assert_int_equal(send(ends[1], "ask h why", 9, 0), 9);
    assert_int_equal(inside_read(ends[0], request), INSIDE_REQUEST);
    assert_string_equal(request, "ask h why");
    memset(longest, 'x', sizeof longest);
    assert_true(send(ends[1], longest, INSIDE_REQUEST_MAX, 0) > 0);
    assert_int_equal(inside_read(ends[0], request), INSIDE_REQUEST);
    assert_int_equal(strlen(request), INSIDE_REQUEST_MAX);
}

static void whatever_else_is_none(void **state)
{
    int *ends = *state;
    char request[INSIDE_REQUEST_MAX + 1], longer[2 * INSIDE_REQUEST_MAX];
    static const struct {
        const char *bytes;
        size_t length;
    } bad[] = {{"a\nb", 3}, {"a\0b", 3}, {"\x1b[2J", 4}, {"\x7f", 1}, {"a\0", 2}};
    memset(longer, 'x', sizeof longer);
    assert_true(send(ends[1], longer, sizeof longer, 0) > 0);
    assert_int_equal(inside_read(ends[0], request), INSIDE_GONE);
    for (size_t i = 0; i < array_length(bad); i++) {
        assert_true(send(ends[1], bad[i].bytes, bad[i].length, 0) > 0);
        assert_int_equal(inside_read(ends[0], request), INSIDE_GONE);
    }
    close(take_fd(&ends[1]));
    assert_int_equal(inside_read(ends[0], request), INSIDE_GONE);
}

static void a_reply_is_a_status_and_text(void **state)
{
    const int *ends = *state;
    static char text[2 * INSIDE_REPLY_MAX], got[2 * INSIDE_REPLY_MAX];
    inside_reply(ends[0], 125, "two\nlines");
    assert_int_equal(recv(ends[1], got, sizeof got, 0), 10);
    assert_int_equal(got[0], 125);
    assert_memory_equal(got + 1, "two\nlines", 9);
    memset(text, 'x', sizeof text - 1);
    inside_reply(ends[0], 0, text);
    assert_int_equal(recv(ends[1], got, sizeof got, 0), 1 + INSIDE_REPLY_MAX);
    /* To nobody, and to somebody who does not read: no signal, no wait. */
    for (int i = 0; i < 1000; i++)
        inside_reply(ends[0], 0, text);
}

static void words_come_off_the_front(void **state)
{
    char line[] = "ask example.com two words", one[] = "why", none[] = "";
    char *rest = line;
    (void)state;
    assert_string_equal(inside_word(&rest), "ask");
    assert_string_equal(inside_word(&rest), "example.com");
    assert_string_equal(rest, "two words");
    rest = one;
    assert_string_equal(inside_word(&rest), "why");
    assert_string_equal(inside_word(&rest), "");
    assert_string_equal(inside_word(&rest), "");
    rest = none;
    assert_string_equal(inside_word(&rest), "");
}

static void a_rate_gives_back_with_time(void **state)
{
    struct inside_rate rate = {0};
    uint64_t now = 123456789;
    (void)state;
    for (int i = 0; i < 5; i++)
        assert_true(inside_may(&rate, now, 100, 5));
    assert_false(inside_may(&rate, now + 50, 100, 5));
    assert_true(inside_may(&rate, now + 100, 100, 5));
    assert_false(inside_may(&rate, now + 100, 100, 5));
    now += 1000000000000;
    for (int i = 0; i < 5; i++)
        assert_true(inside_may(&rate, now, 100, 5));
    assert_false(inside_may(&rate, now, 100, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_is_one_packet_of_text, make, unmake),
        cmocka_unit_test_setup_teardown(whatever_else_is_none, make, unmake),
        cmocka_unit_test_setup_teardown(a_reply_is_a_status_and_text, make, unmake),
        cmocka_unit_test(words_come_off_the_front),
        cmocka_unit_test(a_rate_gives_back_with_time),
    };
    return cmocka_run_group_tests_name("talk", tests, NULL, NULL);
}
