/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/spawn.c */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin/spawn.h"

/* The wait status of these lines of shell. */
static int run(const char *script, bool own_session)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(spawn_program("sh", argv, &actions, own_session, &pid), 0);
    posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void nothing_is_blocked_and_a_broken_pipe_ends_it(void **state)
{
    sigset_t all, before;
    (void)state;
    sigfillset(&all);
    assert_int_equal(sigprocmask(SIG_SETMASK, &all, &before), 0);
    assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    const int status = run("kill -PIPE $$; exit 3", false);
    const int masked = run("grep -qx 'SigBlk:\t0*' /proc/self/status", false);
    assert_true(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGPIPE);
    assert_int_equal(masked, 0);
}

/* Field 6 of proc_pid_stat(5). */
#define IS_LEADER "read -r _ _ _ _ _ session _ </proc/$$/stat; [ \"$session\" = $$ ]"

static void a_session_of_its_own_where_it_is_to_have_one(void **state)
{
    (void)state;
    assert_int_equal(run(IS_LEADER, true), 0);
    assert_int_not_equal(run(IS_LEADER, false), 0);
}

static void what_is_not_there_is_an_errno(void **state)
{
    const char *const argv[] = {"clx-no-such-program", NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    (void)state;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(spawn_program(argv[0], argv, &actions, true, &pid), ENOENT);
    posix_spawn_file_actions_destroy(&actions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_blocked_and_a_broken_pipe_ends_it),
        cmocka_unit_test(a_session_of_its_own_where_it_is_to_have_one),
        cmocka_unit_test(what_is_not_there_is_an_errno),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
