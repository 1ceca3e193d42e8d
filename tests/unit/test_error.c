/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "shared/error.h"
#include "shared/names.h"

static void sets_text_and_status(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    assert_int_equal(error_set(&err, "cannot %s %d", "do", 3), -1);
    assert_string_equal(err.text, "cannot do 3");
    assert_int_equal(err.status, EXIT_CLAUDEX);
    assert_int_equal(error_usage(&err, "no %s", "such option"), -1);
    assert_string_equal(err.text, "no such option");
    assert_int_equal(err.status, EXIT_USAGE);
}

static void adds_the_words_for_errno_and_keeps_it(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    errno = ENOENT;
    assert_int_equal(error_errno(&err, "cannot open %s", "x"), -1);
    assert_string_equal(err.text, "cannot open x: No such file or directory");
    assert_int_equal(err.status, EXIT_CLAUDEX);
    assert_int_equal(errno, ENOENT);
}

static void prefixes_what_is_there_and_keeps_its_status(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    (void)error_usage(&err, "bad %c", 'x');
    assert_int_equal(error_prefix(&err, "line %d", 7), -1);
    assert_string_equal(err.text, "line 7: bad x");
    assert_int_equal(err.status, EXIT_USAGE);
}

static void cuts_what_is_too_long(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    char text[ERROR_TEXT_MAX + 10];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    (void)error_set(&err, "%s", text);
    assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
    errno = EIO;
    (void)error_errno(&err, "%s", text);
    assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
    (void)error_prefix(&err, "b");
    assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
    assert_memory_equal(err.text, "b: aaa", 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_text_and_status),
        cmocka_unit_test(adds_the_words_for_errno_and_keeps_it),
        cmocka_unit_test(prefixes_what_is_there_and_keeps_its_status),
        cmocka_unit_test(cuts_what_is_too_long),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
