/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/git/ignore.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "init/git/ignore.h"

/* As `git check-ignore` of git 2.39 has them. */
static const struct {
    const char *lines, *path;
    bool folder;
    enum ignore_verdict verdict;
} cases[] = {
    {"*.o\n", "a.o", false, IGNORE_YES},
    {"*.o\n", "x/y/a.o", false, IGNORE_YES},
    {"*.o\n", "a.oo", false, IGNORE_UNDECIDED},
    {"*.o\n!keep.o\n", "x/keep.o", false, IGNORE_NO},
    {"!keep.o\n*.o\n", "keep.o", false, IGNORE_YES},
    {"/top\n", "top", false, IGNORE_YES},
    {"/top\n", "x/top", false, IGNORE_UNDECIDED},
    {"build/\n", "build", true, IGNORE_YES},
    {"build/\n", "build", false, IGNORE_UNDECIDED},
    {"build/\n", "x/build", true, IGNORE_YES},
    {"doc/*.txt\n", "doc/a.txt", false, IGNORE_YES},
    {"doc/*.txt\n", "doc/x/a.txt", false, IGNORE_UNDECIDED},
    {"doc/*.txt\n", "x/doc/a.txt", false, IGNORE_UNDECIDED},
    {"**/foo\n", "foo", false, IGNORE_YES},
    {"**/foo\n", "a/b/foo", false, IGNORE_YES},
    {"**/foo/bar\n", "a/foo/bar", false, IGNORE_YES},
    {"abc/**\n", "abc/x/y", false, IGNORE_YES},
    {"abc/**\n", "abc", true, IGNORE_UNDECIDED},
    {"a/**/b\n", "a/b", false, IGNORE_YES},
    {"a/**/b\n", "a/x/y/b", false, IGNORE_YES},
    {"a/**/b\n", "a/x/yb", false, IGNORE_UNDECIDED},
    {"a**b\n", "axxb", false, IGNORE_YES},
    {"x/a**b\n", "x/a/b", false, IGNORE_UNDECIDED},
    {"?.c\n", "a.c", false, IGNORE_YES},
    {"?.c\n", ".c", false, IGNORE_UNDECIDED},
    {"[a-c].h\n", "b.h", false, IGNORE_YES},
    {"[!a-c].h\n", "b.h", false, IGNORE_UNDECIDED},
    {"[]x].h\n", "].h", false, IGNORE_YES},
    {"[x.h\n", "[x.h", false, IGNORE_YES},
    {"\\#a\n", "#a", false, IGNORE_YES},
    {"#a\n", "#a", false, IGNORE_UNDECIDED},
    {"\\!a\n", "!a", false, IGNORE_YES},
    {"a  \n", "a", false, IGNORE_YES},
    {"a\\ \n", "a ", false, IGNORE_YES},
    {"a\r\n", "a", false, IGNORE_YES},
    {"a", "a", false, IGNORE_YES},
    {"\n\n/\n", "a", false, IGNORE_UNDECIDED},
    {"*\n!*/\n", "a", true, IGNORE_NO},
};

static void patterns_mean_what_git_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cleanup_ignore struct ignore ignore = {0};
        assert_int_equal(ignore_add(&ignore, "", cases[i].lines, strlen(cases[i].lines)), 0);
        enum ignore_verdict got =
            ignore_judge(&ignore.files[0], cases[i].path, cases[i].folder);
        if (got != cases[i].verdict)
            fail_msg("'%s' on %s: %d", cases[i].lines, cases[i].path, (int)got);
    }
}

static void a_file_judges_what_lies_below_its_folder(void **state)
{
    (void)state;
    cleanup_ignore struct ignore ignore = {0};
    assert_int_equal(ignore_add(&ignore, "", "x\n", 2), 0);
    assert_int_equal(ignore_add(&ignore, "sub/", "/top\n!x\n", 8), 0);
    const struct ignore_file *sub = ignore_find(&ignore, "sub/");
    assert_non_null(sub);
    assert_null(ignore_find(&ignore, "su/"));
    assert_int_equal(ignore_judge(sub, "sub/top", false), IGNORE_YES);
    assert_int_equal(ignore_judge(sub, "sub/a/top", false), IGNORE_UNDECIDED);
    assert_int_equal(ignore_judge(sub, "sub/a/x", false), IGNORE_NO);
}

static void what_is_kept_comes_back(void **state)
{
    (void)state;
    static const char text[] = "*.o\nb\0c\n!d";
    cleanup_ignore struct ignore ignore = {0}, again = {0};
    cleanup_buf struct buf bytes = BUF_INIT(4096);
    assert_int_equal(ignore_add(&ignore, "", text, sizeof text - 1), 0);
    assert_int_equal(ignore_add(&ignore, "a/", "", 0), 0);
    assert_int_equal(ignore_add(&ignore, "b/\n/", "x", 1), 0);
    assert_int_equal(ignore_print(&ignore, &bytes), 0);
    assert_int_equal(ignore_parse(bytes.data, bytes.length, &again), 0);
    assert_int_equal(again.count, 3);
    assert_int_equal(ignore_judge(&again.files[0], "x.o", false), IGNORE_YES);
    assert_string_equal(again.files[2].folder, "b/\n/");
    for (size_t cut = 1; cut < bytes.length; cut++) {
        cleanup_ignore struct ignore part = {0};
        (void)ignore_parse(bytes.data, cut, &part); /* any verdict, no harm */
    }
}

static void a_hostile_pattern_takes_no_time(void **state)
{
    (void)state;
    char pattern[400], path[4000];
    for (size_t i = 0; i + 1 < sizeof pattern; i++)
        pattern[i] = i % 2 ? 'a' : '*';
    memset(path, 'a', sizeof path);
    pattern[sizeof pattern - 1] = path[sizeof path - 1] = '\0';
    pattern[sizeof pattern - 2] = 'c';
    clock_t start = clock();
    for (int i = 0; i < 100; i++)
        assert_false(ignore_match(pattern, path));
    assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_mean_what_git_says),
        cmocka_unit_test(a_file_judges_what_lies_below_its_folder),
        cmocka_unit_test(what_is_kept_comes_back),
        cmocka_unit_test(a_hostile_pattern_takes_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
