/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/session/environment.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/session/environment.h"
#include "shared/buf.h"
#include "shared/names.h"

static const char *lookup(const char *name)
{
    if (strcmp(name, "HERE") == 0)
        return "from = here";
    if (strcmp(name, "EMPTY") == 0)
        return "";
    return strcmp(name, "https_proxy") == 0 ? "http://proxy:3128" : NULL;
}

static void holds(struct strings *list, const char *expected)
{
    cleanup_buf struct buf text = BUF_INIT(512);
    for (size_t i = 0; i < list->count; i++)
        assert_int_equal(buf_printf(&text, "%s|", list->items[i]), 0);
    assert_string_equal(text.data, expected);
    strings_free(list);
}

static int add(struct strings *list, const char *text)
{
    struct error err = ERROR_INIT;
    int failed = environment_add(list, text, lookup, &err);
    assert_true(!failed || (err.status == EXIT_CLAUDEX && err.text[0]));
    return failed;
}

static void sets_and_forwards(void **state)
{
    struct strings list = {0};
    (void)state;
    assert_int_equal(add(&list, "A=b=c"), 0);
    assert_int_equal(add(&list, "EMPTY_VALUE="), 0);
    assert_int_equal(add(&list, "HERE"), 0);
    assert_int_equal(add(&list, "EMPTY"), 0);
    assert_int_equal(add(&list, "NOT_SET"), 0);
    assert_int_equal(add(&list, "LINES=a\nb"), 0);
    holds(&list, "A=b=c|EMPTY_VALUE=|HERE=from = here|EMPTY=|LINES=a\nb|");
}

static void the_last_of_a_name_wins_in_its_place(void **state)
{
    struct strings list = {0};
    (void)state;
    assert_int_equal(add(&list, "AB=1") | add(&list, "A=2") | add(&list, "AB=3"), 0);
    holds(&list, "AB=3|A=2|");
}

static void refuses_what_is_no_name_and_shows_no_value(void **state)
{
    static const char *const bad[] = {"",     "=x",        "A-B=secret", "1A=secret",
                                      "A B=", "\x1b[2J=x", "\xc3\xa4=x", "A.B"};
    struct strings list = {0};
    (void)state;
    for (size_t i = 0; i < array_length(bad); i++) {
        struct error err = ERROR_INIT;
        assert_int_equal(environment_add(&list, bad[i], lookup, &err), -1);
        assert_null(strstr(err.text, "secret"));
        assert_null(strchr(err.text, '\x1b'));
    }
    assert_int_equal(list.count, 0);
    strings_free(&list);
}

static int add_file(struct strings *list, const char *text, size_t length, struct error *err)
{
    return environment_add_file(list, text, length, "my.env", lookup, err);
}

static void reads_files_as_docker_does(void **state)
{
    static const char text[] = "\xef\xbb\xbf# comment\n\nA=1\r\n  B= spaces stay \nHERE\nNONE\n"
                               "#C=no\nD='quotes stay'\nE=no newline";
    struct strings list = {0};
    struct error err = ERROR_INIT;
    (void)state;
    assert_int_equal(add_file(&list, text, sizeof text - 1, &err), 0);
    holds(&list, "A=1|B= spaces stay |HERE=from = here|D='quotes stay'|E=no newline|");
    assert_int_equal(add_file(&list, "", 0, &err), 0);
}

static void errors_of_a_file_name_the_line(void **state)
{
    struct strings list = {0};
    struct error err = ERROR_INIT;
    (void)state;
    assert_int_equal(add_file(&list, "A=1\n\nB C=2\n", 11, &err), -1);
    assert_non_null(strstr(err.text, "my.env:3"));
    assert_int_equal(add_file(&list, "A=\0b\n", 5, &err), -1);
    assert_non_null(strstr(err.text, "NUL"));
    strings_free(&list);
}

static void proxies_come_along_unless_said_otherwise(void **state)
{
    struct strings list = {0};
    struct error err = ERROR_INIT;
    (void)state;
    assert_int_equal(environment_add_proxies(&list, lookup, &err), 0);
    holds(&list, "https_proxy=http://proxy:3128|");
    assert_int_equal(add(&list, "https_proxy=mine"), 0);
    assert_int_equal(environment_add_proxies(&list, lookup, &err), 0);
    holds(&list, "https_proxy=mine|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_and_forwards),
        cmocka_unit_test(the_last_of_a_name_wins_in_its_place),
        cmocka_unit_test(refuses_what_is_no_name_and_shows_no_value),
        cmocka_unit_test(reads_files_as_docker_does),
        cmocka_unit_test(errors_of_a_file_name_the_line),
        cmocka_unit_test(proxies_come_along_unless_said_otherwise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
