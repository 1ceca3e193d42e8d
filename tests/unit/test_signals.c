/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/signals.c */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "init/signals.h"
#include "shared/cleanup.h"

static enum signal_verdict judge(int number, int code, unsigned pid)
{
    const struct signalfd_siginfo info = {
        .ssi_signo = (uint32_t)number, .ssi_code = code, .ssi_pid = pid};
    return signal_judge(&info);
}

static void only_what_kill_sends_from_outside_counts(void **state)
{
    (void)state;
    static const int numbers[] = {SIGTERM, SIGINT,   SIGHUP,  SIGQUIT,
                                  SIGUSR1, SIGWINCH, SIGPIPE, SIGTSTP};
    for (size_t i = 0; i < array_length(numbers); i++) {
        assert_int_equal(judge(numbers[i], SI_USER, 0), SIGNAL_FORWARD);
        assert_int_equal(judge(numbers[i], SI_USER, 1), SIGNAL_IGNORE);
        assert_int_equal(judge(numbers[i], SI_USER, 4321), SIGNAL_IGNORE);
        assert_int_equal(judge(numbers[i], SI_KERNEL, 0), SIGNAL_IGNORE);
        assert_int_equal(judge(numbers[i], SI_QUEUE, 0), SIGNAL_IGNORE);
        assert_int_equal(judge(numbers[i], SI_TKILL, 0), SIGNAL_IGNORE);
        assert_int_equal(judge(numbers[i], SI_TIMER, 0), SIGNAL_IGNORE);
    }
    assert_int_equal(judge(SIGCHLD, CLD_EXITED, 7), SIGNAL_REAP);
    assert_int_equal(judge(SIGCHLD, SI_USER, 0), SIGNAL_REAP);
}

static void those_that_end(void **state)
{
    (void)state;
    for (int number = 1; number < NSIG; number++)
        assert_int_equal(signal_ends(number), number == SIGTERM || number == SIGINT ||
                                                  number == SIGHUP || number == SIGQUIT);
}

static void blocked_signals_are_read(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    (void)signal(SIGUSR1, SIG_IGN); /* as whoever started us may have left it */
    cleanup_fd int fd = signals_block(&err);
    assert_true(fd >= 0);
    struct signalfd_siginfo info;
    assert_int_equal(read(fd, &info, sizeof info), -1);
    kill(getpid(), SIGUSR1);
    assert_int_equal(read(fd, &info, sizeof info), sizeof info);
    assert_int_equal(info.ssi_signo, SIGUSR1);
    assert_int_equal(info.ssi_pid, getpid());
    assert_int_equal(signal_judge(&info), SIGNAL_IGNORE);
    signals_reset();
    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (int number = 1; number < NSIG; number++)
        assert_false(sigismember(&mask, number) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_kill_sends_from_outside_counts),
        cmocka_unit_test(those_that_end),
        cmocka_unit_test(blocked_signals_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
