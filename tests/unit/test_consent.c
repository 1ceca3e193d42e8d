/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/terminal/consent.c plugin/terminal/follow.c plugin/terminal/question.c
 * plugin/terminal/screen.c plugin/state.c plugin/state_control.c */
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
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin/state.h"
#include "plugin/terminal/consent.h"
#include "shared/cleanup.h"
#include "shared/control.h"
#include "shared/names.h"

#define BOX "claudex-app-0a1b2c3d"

enum { MANY = 20 };

static char home[] = "/tmp/clx-consent-XXXXXX";

static void swallow(void *context, const char *bytes, size_t length)
{
    (void)context;
    (void)bytes;
    (void)length;
}

/* The next time that it tries; then how long it waits until the one after that, in ms. */
static int64_t try(struct consent *consent)
{
    struct pollfd fired = {.fd = consent->timer, .events = POLLIN};
    struct itimerspec left;
    assert_int_equal(poll(&fired, 1, -1), 1);
    consent_tick(consent, swallow, NULL);
    assert_int_equal(timerfd_gettime(consent->timer, &left), 0);
    return (int64_t)left.it_value.tv_sec * 1000 + left.it_value.tv_nsec / 1000000;
}

static void begin(struct consent *consent, struct screen *screen)
{
    consent_begin(consent, BOX, screen);
    assert_true(consent->timer >= 0);
}

/* --- PID 1 ------------------------------------------------------------------------------- */

/* In its own process: to whatever it is asked it says `answer`. */
static void answer_all(const char *folder, int control, const char *answer)
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
        /* Who has not waited is not there any more, and asks again. */
        int fd = open(name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0)
            (void)dprintf(fd, "%s %s\n", line, answer);
    }
}

static pid_t start_box(const char *answer)
{
    struct error err = ERROR_INIT;
    char name[512];
    cleanup_free char *box = state_box(BOX, &err);
    cleanup_free char *folder = state_control(box);
    (void)snprintf(name, sizeof name, "mkdir -p -m 700 '%s'", folder);
    assert_int_equal(system(name), 0); /* NOLINT(cert-env33-c) */
    (void)snprintf(name, sizeof name, "%s/%s", folder, CONTROL_FIFO);
    assert_int_equal(mkfifo(name, 0600), 0);
    cleanup_fd int control = open(name, O_RDWR | O_CLOEXEC);
    assert_true(control >= 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        answer_all(folder, control, answer);
    return pid;
}

static int end_box(void **state)
{
    char command[64];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf %s/claudex", home);
    return system(command); /* NOLINT(cert-env33-c) */
}

static void end(struct consent *consent, pid_t box)
{
    consent_end(consent, swallow, NULL);
    if (box > 0) {
        assert_int_equal(kill(box, SIGKILL), 0);
        assert_int_equal(waitpid(box, NULL, 0), box);
    }
}

/* --- the tests --------------------------------------------------------------------------- */

static void a_box_that_is_not_up_is_tried_soon_then_now_and_then(void **state)
{
    struct consent consent = CONSENT_INIT;
    struct screen screen = {0};
    int64_t wait = 0;
    (void)state;
    begin(&consent, &screen);
    assert_in_range(try(&consent), 0, CONSENT_TRY_MS);
    consent.tries = CONSENT_TRIES_SOON - 1;
    assert_in_range(try(&consent), 0, CONSENT_TRY_MS);
    /* On a machine that is slow part of the wait may be over when it is looked at. */
    for (int i = 0; i < MANY && wait <= CONSENT_TRY_MS; i++)
        wait = try(&consent);
    assert_in_range(wait, CONSENT_TRY_MS + 1, CONSENT_RETRY_MS);
    assert_int_equal(consent.fd, -1);
    end(&consent, 0);
}

static void a_box_that_takes_long_is_attended_all_the_same(void **state)
{
    struct consent consent = CONSENT_INIT;
    struct screen screen = {0};
    (void)state;
    begin(&consent, &screen);
    consent.tries = CONSENT_TRIES_SOON;
    (void)try(&consent);
    assert_int_equal(consent.fd, -1);
    pid_t box = start_box("ok 0 ");
    for (int i = 0; i < MANY && consent.fd < 0; i++)
        (void)try(&consent);
    assert_true(consent.fd >= 0);
    end(&consent, box);
}

static void a_box_that_asks_nobody_is_left_alone(void **state)
{
    struct consent consent = CONSENT_INIT;
    struct screen screen = {0};
    int64_t wait = 1;
    (void)state;
    pid_t box = start_box("error 125 this session asks nobody");
    begin(&consent, &screen);
    for (int i = 0; i < MANY && wait > 0; i++)
        wait = try(&consent);
    assert_int_equal(wait, 0);
    assert_int_equal(consent.fd, -1);
    end(&consent, box);
}

static int make_home(void **state)
{
    (void)state;
    return !mkdtemp(home) || setenv("XDG_STATE_HOME", home, 1) < 0 ? -1 : 0;
}

static int remove_home(void **state)
{
    (void)state;
    return rmdir(home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_box_that_is_not_up_is_tried_soon_then_now_and_then),
        cmocka_unit_test_teardown(a_box_that_takes_long_is_attended_all_the_same, end_box),
        cmocka_unit_test_teardown(a_box_that_asks_nobody_is_left_alone, end_box),
    };
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
