/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/terminal/confirm.c */
/* A question at a terminal: a child asks on one of its own, the test answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugin/terminal/confirm.h"
#include "shared/cleanup.h"

enum { YES = 10, NO = 11 };

/* What the child made of the answer; `shown` gets what was on its terminal at the question. */
static int answered(const char *answer, char *shown, size_t size)
{
    int terminal;
    pid_t child = forkpty(&terminal, NULL, NULL, NULL);
    assert_true(child >= 0);
    if (child == 0) {
        struct error err = ERROR_INIT;
        int result = confirm("restore 2 files?", "--yes", &err);
        _exit(result == 1 ? YES : result < 0 && strstr(err.text, "nothing was done") ? NO : 1);
    }
    cleanup_fd int closing = terminal;
    size_t used = 0;
    shown[0] = '\0';
    while (!strstr(shown, "[y/N] ")) {
        ssize_t n = read(closing, shown + used, size - used - 1);
        assert_true(n > 0);
        used += (size_t)n;
        shown[used] = '\0';
    }
    assert_int_equal(write(closing, answer, strlen(answer)), strlen(answer));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void only_a_clear_yes_is_one(void **state)
{
    (void)state;
    static const char end_of_input[] = "\004";
    const struct {
        const char *answer;
        int result;
    } cases[] = {{"y\n", YES},     {"YES\n", YES}, {"n\n", NO},       {"\n", NO},
                 {"yes no\n", NO}, {"ye\n", NO},   {end_of_input, NO}};
    char shown[256];
    for (size_t i = 0; i < array_length(cases); i++)
        assert_int_equal(answered(cases[i].answer, shown, sizeof shown), cases[i].result);
}

static void the_question_is_one_line(void **state)
{
    (void)state;
    char shown[256];
    (void)answered("n\n", shown, sizeof shown);
    assert_string_equal(shown, "claudex: restore 2 files? [y/N] ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_clear_yes_is_one),
        cmocka_unit_test(the_question_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
