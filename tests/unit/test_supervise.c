/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/supervise.c init/child.c init/guests.c init/loop.c init/signals.c */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "init/signals.h"
#include "init/supervise.h"

enum { SECONDS_MAX = 20 };

static struct supervisor supervisor;
static int ended_status = -1;

static void ended(void *context, int status)
{
    (void)context;
    ended_status = child_exit_status(status);
    loop_end(&supervisor.loop);
}

/* The word of its end was read by whoever waited for something else before the session:
 * init/skills_remote.c does. */
static void who_died_before_is_not_forgotten(void **state)
{
    struct error err = ERROR_INIT;
    struct signalfd_siginfo about;
    siginfo_t info;
    (void)state;
    const int signals = signals_block(&err);
    assert_true(signals >= 0);
    const pid_t worker = fork();
    if (worker == 0)
        _exit(7);
    const pid_t session = fork();
    if (session == 0) {
        signals_reset();
        alarm(SECONDS_MAX); /* so that waiting for ever is a failure, and not for ever */
        pause();
        _exit(1);
    }
    assert_int_equal(waitid(P_PID, (id_t)worker, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(read(signals, &about, sizeof about), sizeof about);
    assert_int_equal(about.ssi_signo, SIGCHLD);

    assert_int_equal(supervise_prepare(&supervisor, signals, &err), 0);
    assert_int_equal(children_add(&supervisor.children, worker, ended, NULL), 0);
    (void)supervise(&supervisor, session);
    assert_int_equal(ended_status, 7);
    assert_int_equal(supervisor.session, session);
    assert_int_equal(kill(session, SIGKILL), 0);
    assert_int_equal(waitpid(session, NULL, 0), session);
    close(signals);
    close(supervisor.loop.epoll);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_died_before_is_not_forgotten)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
