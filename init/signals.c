/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/signals.h"

#include <signal.h>
#include <stddef.h>

#include "shared/cleanup.h"

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};

static void default_dispositions(void)
{
    for (int number = 1; number < NSIG; number++)
        (void)signal(number, SIG_DFL); /* EINVAL: SIGKILL, SIGSTOP and libc's own */
}

int signals_block(struct error *err)
{
    /* Whoever started us may have had some ignored; of SIGCHLD that would take away every
     * child's status. */
    default_dispositions();
    sigset_t all;
    sigfillset(&all);
    for (size_t i = 0; i < array_length(faults); i++)
        sigdelset(&all, faults[i]);
    if (sigprocmask(SIG_SETMASK, &all, NULL) < 0)
        return error_errno(err, "cannot block signals");
    int fd = signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC);
    return fd < 0 ? error_errno(err, "cannot read signals from a descriptor") : fd;
}

void signals_reset(void)
{
    default_dispositions();
    sigset_t none;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

enum signal_verdict signal_judge(const struct signalfd_siginfo *info)
{
    if (info->ssi_signo == SIGCHLD)
        return SIGNAL_REAP;
    if (info->ssi_code == SI_USER && info->ssi_pid == 0)
        return SIGNAL_FORWARD;
    return SIGNAL_IGNORE;
}

int signal_ends(int number)
{
    return number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGQUIT;
}
