/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/signals.c plugin/engine/cancel.c */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin/signals.h"

static void children_have_a_status_whoever_started_us(void **state)
{
    int status = 0;
    (void)state;
    assert_true(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    signals_install();
    const pid_t child = fork();
    if (child == 0)
        _exit(5);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children_have_a_status_whoever_started_us)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
