/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "shared/buf.h"

static void appends_and_ends_in_nul(void **state)
{
    (void)state;
    cleanup_buf struct buf b = BUF_INIT(100);
    assert_null(b.data);
    assert_int_equal(buf_append(&b, "ab\0c", 4), 0);
    assert_int_equal(b.length, 4);
    assert_memory_equal(b.data, "ab\0c\0", 5);
    assert_int_equal(buf_puts(&b, "d"), 0);
    assert_int_equal(buf_printf(&b, "%s-%d", "e", 7), 0);
    assert_int_equal(b.length, 8);
    assert_memory_equal(b.data, "ab\0cde-7\0", 9);
}

static void appending_nothing_is_no_text(void **state)
{
    (void)state;
    cleanup_buf struct buf b = BUF_INIT(0);
    assert_int_equal(buf_append(&b, NULL, 0), 0);
    assert_string_equal(b.data, "");
}

static void stops_at_its_cap_and_stays_as_it_was(void **state)
{
    (void)state;
    cleanup_buf struct buf b = BUF_INIT(5);
    assert_int_equal(buf_puts(&b, "1234"), 0);
    errno = 0;
    assert_int_equal(buf_puts(&b, "56"), -1);
    assert_int_equal(errno, E2BIG);
    assert_int_equal(buf_printf(&b, "%d", 56), -1);
    assert_null(buf_reserve(&b, 2));
    assert_string_equal(b.data, "1234");
    assert_int_equal(b.length, 4);
    assert_int_equal(buf_puts(&b, "5"), 0); /* the cap itself is allowed */
    assert_string_equal(b.data, "12345");
    assert_int_equal(buf_puts(&b, "6"), -1);
}

static void refuses_lengths_that_would_wrap(void **state)
{
    (void)state;
    cleanup_buf struct buf b = BUF_INIT(SIZE_MAX);
    assert_int_equal(buf_puts(&b, "x"), 0);
    errno = 0;
    assert_null(buf_reserve(&b, SIZE_MAX - 2));
    assert_int_equal(errno, E2BIG);
    assert_string_equal(b.data, "x");
}

static void grows_past_its_first_room(void **state)
{
    (void)state;
    cleanup_buf struct buf b = BUF_INIT(100000);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(buf_printf(&b, "%05d", i), 0);
    assert_int_equal(b.length, 50000);
    assert_memory_equal(b.data + 49990, "0999809999\0", 11);
}

static void reserves_room_for_others_to_fill(void **state)
{
    (void)state;
    cleanup_buf struct buf b = BUF_INIT(10);
    assert_int_equal(buf_puts(&b, "ab"), 0);
    char *room = buf_reserve(&b, 8);
    assert_ptr_equal(room, b.data + 2);
    room[0] = 'c';
    room[1] = 'd';
    b.length += 2;
    assert_int_equal(buf_puts(&b, "e"), 0);
    assert_string_equal(b.data, "abcde");
}

static void consumes_from_the_front(void **state)
{
    (void)state;
    cleanup_buf struct buf b = BUF_INIT(10);
    buf_consume(&b, 3); /* nothing to take, nothing happens */
    assert_int_equal(b.length, 0);
    assert_int_equal(buf_puts(&b, "abcdef"), 0);
    buf_consume(&b, 2);
    assert_string_equal(b.data, "cdef");
    assert_int_equal(b.length, 4);
    buf_consume(&b, 99);
    assert_string_equal(b.data, "");
    assert_int_equal(b.length, 0);
    assert_int_equal(buf_puts(&b, "0123456789"), 0); /* the room came back */
}

static void clears_and_is_used_again(void **state)
{
    (void)state;
    cleanup_buf struct buf b = BUF_INIT(10);
    buf_clear(&b);
    assert_null(b.data);
    assert_int_equal(buf_puts(&b, "abc"), 0);
    buf_clear(&b);
    assert_string_equal(b.data, "");
    assert_int_equal(buf_puts(&b, "x"), 0);
    assert_string_equal(b.data, "x");
}

static void hands_its_text_over(void **state)
{
    (void)state;
    cleanup_buf struct buf b = BUF_INIT(10);
    cleanup_free char *nothing = buf_take(&b);
    assert_string_equal(nothing, "");
    assert_int_equal(buf_puts(&b, "abc"), 0);
    cleanup_free char *text = buf_take(&b);
    assert_string_equal(text, "abc");
    assert_null(b.data);
    assert_int_equal(b.length, 0);
    assert_int_equal(buf_puts(&b, "again"), 0);
    assert_string_equal(b.data, "again");
    buf_free(&b);
    buf_free(&b); /* twice does no harm */
    assert_null(b.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_and_ends_in_nul),
        cmocka_unit_test(appending_nothing_is_no_text),
        cmocka_unit_test(stops_at_its_cap_and_stays_as_it_was),
        cmocka_unit_test(refuses_lengths_that_would_wrap),
        cmocka_unit_test(grows_past_its_first_room),
        cmocka_unit_test(reserves_room_for_others_to_fill),
        cmocka_unit_test(consumes_from_the_front),
        cmocka_unit_test(clears_and_is_used_again),
        cmocka_unit_test(hands_its_text_over),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
