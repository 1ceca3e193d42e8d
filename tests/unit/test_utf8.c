/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "shared/utf8.h"

/* The encoding as RFC 3629 section 3 draws it; 0 for what has none. */
static size_t encode(uint32_t point, char *out)
{
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t n = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)(leads[n] | point);
    return n;
}

static void reads_every_code_point(void **state)
{
    (void)state;
    for (uint32_t point = 0; point <= 0x10ffff; point++) {
        char bytes[4];
        uint32_t got = 0;
        size_t n = encode(point, bytes);
        if (n == 0)
            continue;
        assert_int_equal(utf8_character(bytes, n, &got), n);
        assert_int_equal(got, point);
        assert_int_equal(utf8_character(bytes, n - 1, &got), 0); /* cut short */
    }
}

/* Of all sequences of two and three bytes exactly those that encode something are read. */
static void reads_nothing_else(void **state)
{
    (void)state;
    for (uint32_t all = 0; all < 1U << 24; all++) {
        char bytes[] = {(char)(all >> 16), (char)(all >> 8), (char)all}, again[4];
        uint32_t point = 0;
        size_t n = utf8_character(bytes, sizeof bytes, &point);
        if (n == 0)
            continue;
        assert_int_equal(encode(point, again), n);
        assert_memory_equal(bytes, again, n);
    }
}

static void a_text_is_valid_as_a_whole(void **state)
{
    (void)state;
    assert_true(utf8_is_valid("", 0));
    assert_true(utf8_is_valid("a\0b", 3));
    assert_true(utf8_is_valid("gr\xc3\xbc\xc3\x9f", 6));
    assert_false(utf8_is_valid("gr\xc3\xbc\xc3", 5));
    assert_false(utf8_is_valid("\xf5\x80\x80\x80", 4));
    assert_false(utf8_is_valid("a\xff", 2));
}

static void finds_the_first_control(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t at;
    } cases[] = {{"", 0},          {"abc", 3},         {"a\tb", 1},     {"\x1b", 0},
                 {"ab\x7f", 2},    {"\xc2\x9b", 0},    {"\xc2\xa0", 2}, {"\xc3\xbc\n", 2},
                 {"a\xc2\x80", 1}, {"\xe2\x82\xac", 3}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(utf8_find_control(cases[i].text, strlen(cases[i].text)), cases[i].at);
    assert_int_equal(utf8_find_control("a\0", 2), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_code_point),
        cmocka_unit_test(reads_nothing_else),
        cmocka_unit_test(a_text_is_valid_as_a_whole),
        cmocka_unit_test(finds_the_first_control),
    };
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
