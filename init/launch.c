/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/environment.h"
#include "init/signals.h"
#include "init/terminal.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/names.h"

enum { REPORT_FD = STDERR_FILENO + 1 };

/* Leaves open 0, 1, 2 and the report, which becomes REPORT_FD and closes by exec. All of ours
 * do; that one was forgotten somewhere shall not matter. */
static int close_others(int report, struct error *err)
{
    if (report != REPORT_FD && dup3(report, REPORT_FD, O_CLOEXEC) < 0)
        return error_errno(err, "cannot move a descriptor");
    if (close_range(REPORT_FD + 1, ~0U, 0) < 0)
        return error_errno(err, "cannot close PID 1's descriptors in the session (close_range, "
                                "Linux 5.9)");
    return 0;
}

static void child(const struct launch *what, int report) __attribute__((noreturn));
static void child(const struct launch *what, int report)
{
    struct error err = ERROR_INIT;
    signals_reset();
    if (close_others(report, &err) == 0) {
        report = REPORT_FD;
        if (terminal_take(&err) == 0 && terminal_hand_over(what->confinement.uid, &err) == 0 &&
            environment_apply(what->environment, &err) == 0 &&
            confine(&what->confinement, &err) == 0)
            (void)confined_exec(what->command, &err);
    }
    (void)write_all(report, &err, sizeof err);
    _exit(err.status);
}

int launch(const struct launch *what, pid_t *pid, struct error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_errno(err, "cannot make a pipe");
    cleanup_fd int read_end = ends[0];
    cleanup_fd int write_end = ends[1];
    *pid = fork();
    if (*pid < 0)
        return error_errno(err, "cannot start a process for the session");
    if (*pid == 0)
        child(what, write_end);
    close(take_fd(&write_end));

    /* Ends when exec closes the child's end, with nothing read, or with the child's report:
     * shorter than PIPE_BUF, and so whole. */
    struct error report;
    ssize_t length;
    do
        length = read(read_end, &report, sizeof report);
    while (length < 0 && errno == EINTR);
    if (length == 0)
        return 0;
    (void)waitpid(*pid, NULL, 0);
    if (length != sizeof report)
        return error_set(err, "the session's process ended before its command ran");
    *err = report;
    return -1;
}
