/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/terminal/output.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/terminal/output.h"

static void prints(struct table *table, const char *expected)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    table_print(table, out);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
    table_free(table);
}

static void add_all(struct table *table, const char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(table_add(table, cells[i]), 0);
}

static void columns_line_up(void **state)
{
    static const char *const headings[] = {"NAME", "STATE", "X"};
    static const char *const cells[] = {"a", "running", "1", "a long one", "x",
                                        "",  "b",       "",  "2"};
    struct table table = {.headings = headings, .columns = 3};
    (void)state;
    add_all(&table, cells, array_length(cells));
    prints(&table, "NAME        STATE    X\n"
                   "a           running  1\n"
                   "a long one  x\n"
                   "b                    2\n");
}

static void width_is_counted_in_characters(void **state)
{
    static const char *const cells[] = {"hällo", "1", "hallo", "2"};
    struct table table = {.columns = 2};
    (void)state;
    add_all(&table, cells, array_length(cells));
    prints(&table, "hällo  1\nhallo  2\n");
}

static void cells_cannot_move_the_cursor(void **state)
{
    static const char *const cells[] = {"\x1b]0;owned\x07", "a\nb\xff"};
    struct table table = {.columns = 2};
    (void)state;
    add_all(&table, cells, array_length(cells));
    prints(&table, "\\x1b]0;owned\\x07  a\\x0ab\\xff\n");
}

static void a_table_of_nothing_is_its_headings(void **state)
{
    static const char *const headings[] = {"A", "B"};
    struct table table = {.headings = headings, .columns = 2};
    (void)state;
    prints(&table, "A  B\n");
    table = (struct table){.columns = 2};
    prints(&table, "");
}

static void json_is_plain_ascii(void **state)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    (void)state;
    assert_int_equal(output_json(json_pack("{s:s}", "a", "\x1b[2J\xc2\x9b"), out), 0);
    fclose(out);
    assert_string_equal(text, "{\n  \"a\": \"\\u001B[2J\\u009B\"\n}\n");
    free(text);
    assert_int_equal(output_json(NULL, stdout), -1);
}

static void ages_in_one_unit(void **state)
{
    static const struct {
        long seconds;
        const char *text;
    } ages[] = {{-5, "0 s"},      {0, "0 s"},    {59, "59 s"},    {60, "1 min"},
                {3599, "59 min"}, {3600, "1 h"}, {86399, "23 h"}, {200000, "2 d"}};
    (void)state;
    for (size_t i = 0; i < array_length(ages); i++) {
        char out[32];
        output_age(ages[i].seconds, out, sizeof out);
        assert_string_equal(out, ages[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_line_up),
        cmocka_unit_test(width_is_counted_in_characters),
        cmocka_unit_test(cells_cannot_move_the_cursor),
        cmocka_unit_test(a_table_of_nothing_is_its_headings),
        cmocka_unit_test(json_is_plain_ascii),
        cmocka_unit_test(ages_in_one_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
