/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/child.c */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "init/child.h"

static struct children children;
static int ended_count, ended_status;

static void ended(void *context, int status)
{
    ended_count++;
    ended_status = status;
    if (context) /* a successor in the place that has just become free */
        assert_int_equal(children_add(&children, *(pid_t *)context, ended, NULL), 0);
}

static pid_t start(int status)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(status);
    /* Dead, and not buried. */
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    return pid;
}

static void the_known_are_told_of_the_others_buried(void **state)
{
    (void)state;
    pid_t known = start(7), other = start(0);
    assert_int_equal(children_add(&children, known, ended, NULL), 0);
    children_reap(&children);
    assert_int_equal(ended_count, 1);
    assert_int_equal(child_exit_status(ended_status), 7);
    assert_int_equal(waitpid(other, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    children_reap(&children); /* nobody left: nothing happens */
    assert_int_equal(ended_count, 1);
}

static void a_successor_may_start_in_ended(void **state)
{
    (void)state;
    ended_count = 0;
    pid_t second = start(2), first = start(1);
    /* All others are taken. */
    for (size_t i = 1; i < CHILDREN_MAX; i++)
        assert_int_equal(children_add(&children, (pid_t)(1000000 + i), ended, NULL), 0);
    assert_int_equal(children_add(&children, first, ended, &second), 0);
    assert_int_equal(children_add(&children, 1, ended, NULL), -1);
    assert_int_equal(errno, ENOSPC);
    children_reap(&children);
    assert_in_range(ended_count, 1,
                    2); /* the second may have been buried before it was known */
}

static void statuses_are_those_of_a_shell(void **state)
{
    (void)state;
    assert_int_equal(child_exit_status(W_EXITCODE(0, 0)), 0);
    assert_int_equal(child_exit_status(W_EXITCODE(255, 0)), 255);
    assert_int_equal(child_exit_status(W_EXITCODE(0, SIGKILL)), 137);
    assert_int_equal(child_exit_status(W_EXITCODE(0, SIGSEGV) | WCOREFLAG), 139);
    assert_int_equal(child_exit_status(W_EXITCODE(0, 64)), 192);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_known_are_told_of_the_others_buried),
        cmocka_unit_test(a_successor_may_start_in_ended),
        cmocka_unit_test(statuses_are_those_of_a_shell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
