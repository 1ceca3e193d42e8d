/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/home/toml.c */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "init/home/toml.h"
#include "shared/buf.h"
#include "shared/cleanup.h"

static void prints(json_t *object, const char *expected)
{
    cleanup_buf struct buf out = BUF_INIT(4096);
    assert_non_null(object);
    assert_int_equal(toml_print(object, &out), 0);
    assert_string_equal(out.data ? out.data : "", expected);
    json_decref(object);
}

static void refuses(json_t *object)
{
    cleanup_buf struct buf out = BUF_INIT(4096);
    assert_non_null(object);
    assert_int_equal(toml_print(object, &out), -1);
    assert_int_equal(errno, EINVAL);
    json_decref(object);
}

static void values_come_before_tables(void **state)
{
    (void)state;
    prints(json_pack("{s:{s:s}, s:b, s:i, s:[s, s], s:f}", "t", "k", "v", "b", 0, "n", 7, "l",
                     "x", "y", "f", 1.5),
           "\"b\" = false\n\"n\" = 7\n\"l\" = [\"x\", \"y\"]\n\"f\" = 1.5\n"
           "\n[\"t\"]\n\"k\" = \"v\"\n");
    prints(json_object(), "");
}

static void tables_within_tables_say_their_whole_name(void **state)
{
    (void)state;
    prints(json_pack("{s:{s:{s:s}}}", "projects", "/workspace/a.b", "trust_level", "trusted"),
           "\n[\"projects\"]\n\n[\"projects\".\"/workspace/a.b\"]\n\"trust_level\" = "
           "\"trusted\"\n");
}

static void no_text_leaves_its_quotes(void **state)
{
    (void)state;
    prints(json_pack("{s:s}", "a\"]\n[x", "b\"\n\\c\x01\x7f\xc3\xa9"),
           "\"a\\\"]\\n[x\" = \"b\\\"\\n\\\\c\\u0001\\u007f\xc3\xa9\"\n");
    prints(json_pack("{s:{s:i}}", "\x7f\"", "k", 1), "\n[\"\\u007f\\\"\"]\n\"k\" = 1\n");
}

static void what_toml_cannot_say_is_refused(void **state)
{
    (void)state;
    refuses(json_pack("{s:n}", "k"));
    refuses(json_pack("{s:[{s:i}]}", "k", "a", 1));
    refuses(json_pack("{s:[[n]]}", "k"));
}

static void a_full_buffer_is_told(void **state)
{
    (void)state;
    cleanup_buf struct buf out = BUF_INIT(8);
    json_t *object = json_pack("{s:s}", "key", "a long value");
    assert_int_equal(toml_print(object, &out), -1);
    assert_int_equal(errno, E2BIG);
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_before_tables),
        cmocka_unit_test(tables_within_tables_say_their_whole_name),
        cmocka_unit_test(no_text_leaves_its_quotes),
        cmocka_unit_test(what_toml_cannot_say_is_refused),
        cmocka_unit_test(a_full_buffer_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
