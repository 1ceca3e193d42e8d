/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/terminal/follow_box.c plugin/terminal/follow.c plugin/state.c
 * plugin/state_control.c plugin/signals.c plugin/engine/cancel.c */
/* wraps: poll ppoll */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin/exec.h"
#include "plugin/signals.h"
#include "plugin/state.h"
#include "plugin/terminal/follow.h"
#include "shared/cleanup.h"
#include "shared/names.h"

enum { SECONDS_MAX = 20 };

/* --- what follow_box.c needs of the engine: that the box is of this machine -------------- */

const struct endpoint *invocation_endpoint(struct invocation *invocation, struct error *err)
{
    (void)err;
    return &invocation->endpoint;
}

struct engine *invocation_engine(struct invocation *invocation, struct error *err)
{
    (void)err;
    return invocation->engine;
}

bool endpoint_is_local(const struct endpoint *endpoint)
{
    return endpoint != NULL;
}

int exec_piped(const struct exec *exec, const struct exec_pipes *pipes, struct error *err)
{
    (void)exec;
    (void)pipes;
    return error_set(err, "there is no engine here");
}

/* --- a signal in the moment before a wait without end ------------------------------------ */

int __real_poll(struct pollfd *fds, nfds_t count, int milliseconds);
int __wrap_poll(struct pollfd *fds, nfds_t count, int milliseconds);
int __wrap_poll(struct pollfd *fds, nfds_t count, int milliseconds)
{
    if (milliseconds < 0)
        (void)raise(SIGTERM);
    return __real_poll(fds, count, milliseconds);
}

int __real_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *most,
                 const sigset_t *mask);
int __wrap_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *most,
                 const sigset_t *mask);
int __wrap_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *most,
                 const sigset_t *mask)
{
    if (!most)
        (void)raise(SIGTERM);
    return __real_ppoll(fds, count, most, mask);
}

/* --- PID 1 ------------------------------------------------------------------------------- */

/* Agrees to be followed, each time that it is asked, and says nothing after that. */
static void agree(const char *folder, int control)
{
    char line[CONTROL_LINE_MAX + 1], name[512];
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        ssize_t n = read(control, line, sizeof line - 1);
        if (n <= 0)
            _exit(1);
        line[n] = '\0';
        line[strcspn(line, " ")] = '\0';
        (void)snprintf(name, sizeof name, "%s/reply.%s", folder, line);
        /* Who has not waited is not there any more, and asks again. Open from then on: its end
         * would be the box's. */
        int fd = open(name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0)
            (void)dprintf(fd, "%s ok 0 \n", line);
    }
}

static pid_t start_box(const char *box)
{
    struct error err = ERROR_INIT;
    char name[512];
    cleanup_free char *folder = state_box(box, &err);
    cleanup_free char *control_folder = state_control(folder);
    (void)snprintf(name, sizeof name, "mkdir -p -m 700 '%s'", control_folder);
    assert_int_equal(system(name), 0); /* NOLINT(cert-env33-c) */
    (void)snprintf(name, sizeof name, "%s/%s", control_folder, CONTROL_FIFO);
    assert_int_equal(mkfifo(name, 0600), 0);
    cleanup_fd int control = open(name, O_RDWR | O_CLOEXEC);
    assert_true(control >= 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        agree(control_folder, control);
    return pid;
}

/* --- the test ---------------------------------------------------------------------------- */

static int never(void *context, const json_t *item)
{
    (void)context;
    (void)item;
    return 0;
}

static void a_signal_just_before_the_wait_ends_it(void **state)
{
    static char box_name[] = "claudex-app-0a1b2c3d";
    char home[] = "/tmp/clx-follow-XXXXXX", command[64];
    int status;
    (void)state;
    assert_non_null(mkdtemp(home));
    assert_int_equal(setenv("XDG_STATE_HOME", home, 1), 0);
    const pid_t box = start_box(box_name);
    const pid_t follower = fork();
    assert_true(follower >= 0);
    if (follower == 0) {
        struct invocation invocation = {.program = "claudex"};
        const struct box what = {.name = box_name};
        struct follow follow = {.bytes = BUF_INIT(FOLLOW_LINE_MAX), .each = never};
        struct error err = ERROR_INIT;
        signals_install();
        (void)alarm(SECONDS_MAX);
        /* On a machine that is slow the box may answer too late, and is asked again. */
        while (follow_box(&invocation, &what, &follow, &err) < 0)
            continue;
        _exit(0);
    }
    assert_int_equal(waitpid(follower, &status, 0), follower);
    assert_int_equal(status, 0);
    assert_int_equal(kill(box, SIGKILL), 0);
    assert_int_equal(waitpid(box, NULL, 0), box);
    (void)snprintf(command, sizeof command, "rm -r %s", home);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_signal_just_before_the_wait_ends_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
