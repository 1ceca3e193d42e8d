/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/slice.c */
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "init/slice.h"

static struct sched_attr asked(void)
{
    struct sched_attr attributes = {.size = sizeof attributes};
    assert_int_equal(syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0), 0);
    return attributes;
}

/* What a process that is forked now has. */
static uint64_t inherited(void)
{
    int ends[2], status;
    uint64_t runtime = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        runtime = asked().sched_runtime;
        _exit(write(ends[1], &runtime, sizeof runtime) == sizeof runtime ? 0 : 1);
    }
    assert_int_equal(read(ends[0], &runtime, sizeof runtime), sizeof runtime);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(ends[0]);
    close(ends[1]);
    return runtime;
}

static void short_for_itself_alone(void **state)
{
    (void)state;
    const struct sched_attr before = asked();
    if (before.sched_runtime == 0) {
        print_message("skip: this kernel has no slices of one's own (Linux 6.12)\n");
        skip();
    }
    slice_shorten();
    const struct sched_attr after = asked();
    assert_int_equal(after.sched_runtime, SLICE_NS);
    assert_int_equal(after.sched_policy, before.sched_policy);
    assert_int_equal(after.sched_nice, before.sched_nice);
    assert_int_equal(inherited(), before.sched_runtime);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_for_itself_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
