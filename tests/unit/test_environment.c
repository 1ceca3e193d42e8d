/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/environment.c init/confine.c init/landlock.c init/privs.c init/seccomp.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "init/environment.h"

static struct strings list;
static struct error err;

static int parse(const char *bytes, size_t length)
{
    strings_free(&list);
    err = (struct error)ERROR_INIT;
    return environment_parse(bytes, length, &list, &err);
}
#define PARSE(bytes) parse(bytes, sizeof(bytes) - 1)

static void entries_end_with_nul(void **state)
{
    (void)state;
    assert_int_equal(PARSE("A=1\0B=a b\nc=d\0C=\0"), 0);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.items[0], "A=1");
    assert_string_equal(list.items[1], "B=a b\nc=d");
    assert_string_equal(list.items[2], "C=");
    assert_int_equal(PARSE(""), 0);
    assert_int_equal(list.count, 0);
}

static void bad_ones_are_refused_without_their_value(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        const char *why;
    } bad[] = {
        {"A=1\0B=secret", 12, "entry 2 is cut off"},
        {"secret\0", 7, "entry 1 has no"},
        {"\0", 1, "entry 1 has no"},
        {"=secret\0", 8, "entry 1"},
        {"A=1\0002B=secret\0", 14, "2B"},
        {"A B=secret\0", 11, "A B"},
        {"A\033=secret\0", 10, "A\\x1b"},
    };
    for (size_t i = 0; i < array_length(bad); i++) {
        assert_int_equal(parse(bad[i].bytes, bad[i].length), -1);
        assert_non_null(strstr(err.text, bad[i].why));
        assert_null(strstr(err.text, "secret"));
    }
}

static void the_session_has_its_own_and_the_users_wins(void **state)
{
    (void)state;
    setenv("HOME", "/root", 1);
    setenv("USER", "root", 1);
    setenv("KEPT", "image", 1);
    setenv("OVER", "image", 1);
    unsetenv("PATH");
    assert_int_equal(PARSE("OVER=user\0LOGNAME=me\0OVER=last\0"), 0);
    assert_int_equal(environment_apply(&list, &err), 0);
    assert_string_equal(getenv("HOME"), "/home/node");
    assert_string_equal(getenv("USER"), "node");
    assert_string_equal(getenv("LOGNAME"), "me");
    assert_string_equal(getenv("KEPT"), "image");
    assert_string_equal(getenv("OVER"), "last");
    assert_non_null(strstr(getenv("PATH"), "/usr/bin"));
    setenv("PATH", "/opt", 1);
    assert_int_equal(environment_apply(&list, &err), 0);
    assert_string_equal(getenv("PATH"), "/opt");
}

static int teardown(void **state)
{
    (void)state;
    strings_free(&list);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_end_with_nul),
        cmocka_unit_test(bad_ones_are_refused_without_their_value),
        cmocka_unit_test(the_session_has_its_own_and_the_users_wins),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
