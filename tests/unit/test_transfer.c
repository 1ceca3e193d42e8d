/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/transfer.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/transfer.h"
#include "shared/buf.h"
#include "shared/cleanup.h"

static int exec_result;

int exec_piped(const struct exec *exec, const struct exec_pipes *pipes, struct error *err)
{
    (void)exec;
    (void)buf_puts(pipes->complaints, "tar: \x1b[2Jno\n\n");
    return exec_result < 0 ? error_set(err, "no engine") : exec_result;
}

static void boxes_and_paths(void **state)
{
    static const struct {
        const char *text, *box, *path; /* path NULL: refused */
    } rows[] = {
        {"box:/tmp", "box", "/tmp"}, {":/tmp", NULL, "/tmp"}, {"box:a:b", "box", "a:b"},
        {"box:", NULL, NULL},        {"box", NULL, NULL},     {"./a:b", NULL, NULL},
        {"/a:b", NULL, NULL},        {"", NULL, NULL},        {":", NULL, NULL},
        {"b:.", "b", "."},
    };
    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        char *box = NULL;
        const char *path = NULL;
        assert_int_equal(transfer_parse(rows[i].text, &box, &path), rows[i].path ? 0 : -1);
        if (rows[i].path)
            assert_string_equal(path, rows[i].path);
        if (rows[i].box)
            assert_string_equal(box, rows[i].box);
        else
            assert_null(box);
        free(box);
    }
}

static void folders_and_names(void **state)
{
    static const char *const rows[][3] = {
        {"/a/b", "/a", "b"}, {"/a/b/", "/a", "b"}, {"/a//b//", "/a", "b"}, {"/a", "/", "a"},
        {"/", "/", "."},     {"//", "/", "."},     {"a", ".", "a"},        {"a/", ".", "a"},
        {"a/b", "a", "b"},   {".", ".", "."},      {"/a/.", "/a", "."},    {"../x", "..", "x"},
    };
    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        cleanup_free char *folder = NULL, *name = NULL;
        assert_int_equal(transfer_split(rows[i][0], &folder, &name), 0);
        assert_string_equal(folder, rows[i][1]);
        assert_string_equal(name, rows[i][2]);
    }
}

static void failures_are_told_in_the_box_s_words_but_safely(void **state)
{
    const struct exec exec = {.box = "x"};
    const struct exec_pipes none = {0};
    struct error err = ERROR_INIT;
    (void)state;
    exec_result = 2;
    assert_int_equal(transfer_run(&exec, &none, 2, "looking", &err), 2);
    assert_int_equal(transfer_run(&exec, &none, 1, "looking", &err), -1);
    assert_string_equal(err.text, "looking in the box: tar: \\x1b[2Jno");
    exec_result = -1;
    assert_int_equal(transfer_run(&exec, &none, 1, "looking", &err), -1);
    assert_string_equal(err.text, "no engine");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_and_paths),
        cmocka_unit_test(folders_and_names),
        cmocka_unit_test(failures_are_told_in_the_box_s_words_but_safely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
