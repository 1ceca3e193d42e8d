/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/loop.c */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "init/loop.h"
#include "shared/cleanup.h"

static struct loop loop;
static int calls;

static int setup(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    calls = 0;
    return loop_open(&loop, &err);
}

static int teardown(void **state)
{
    (void)state;
    return close(loop.epoll);
}

static void end_after_three(void *context, int fd, uint32_t events)
{
    (void)events;
    assert_ptr_equal(context, &calls);
    char byte;
    assert_int_equal(read(fd, &byte, 1), 1);
    if (++calls == 3)
        loop_end(&loop);
}

static void ready_descriptors_are_served_until_the_end(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "12345", 5), 5);
    assert_int_equal(loop_add(&loop, ends[0], end_after_three, &calls), 0);
    loop_run(&loop);
    assert_int_equal(calls, 3);
    close(ends[0]);
    close(ends[1]);
}

/* Whoever comes first removes the other: it must not be called any more. */
static void remove_other(void *context, int fd, uint32_t events)
{
    (void)events;
    int *pair = context;
    calls++;
    loop_remove(&loop, pair[0]);
    loop_remove(&loop, pair[1]);
    loop_remove(&loop, fd); /* twice is no matter */
    loop_end(&loop);
}

static void what_is_removed_is_not_called(void **state)
{
    (void)state;
    int a[2], b[2];
    assert_int_equal(pipe(a), 0);
    assert_int_equal(pipe(b), 0);
    assert_int_equal(write(a[1], "x", 1), 1);
    assert_int_equal(write(b[1], "x", 1), 1);
    int pair[2] = {a[0], b[0]};
    assert_int_equal(loop_add(&loop, a[0], remove_other, pair), 0);
    assert_int_equal(loop_add(&loop, b[0], remove_other, pair), 0);
    loop_run(&loop);
    assert_int_equal(calls, 1);
    for (size_t i = 0; i < 2; i++) {
        close(a[i]);
        close(b[i]);
    }
}

static void the_table_has_an_end(void **state)
{
    (void)state;
    int fds[LOOP_WATCHES_MAX + 1][2];
    for (size_t i = 0; i < array_length(fds); i++)
        assert_int_equal(pipe(fds[i]), 0);
    for (size_t i = 0; i < LOOP_WATCHES_MAX; i++)
        assert_int_equal(loop_add(&loop, fds[i][0], end_after_three, &calls), 0);
    assert_int_equal(loop_add(&loop, fds[LOOP_WATCHES_MAX][0], end_after_three, &calls), -1);
    assert_int_equal(errno, ENOSPC);
    loop_remove(&loop, fds[5][0]);
    assert_int_equal(loop_add(&loop, fds[LOOP_WATCHES_MAX][0], end_after_three, &calls), 0);
    assert_int_equal(loop_add(&loop, fds[6][0], end_after_three, &calls), -1); /* full again */
    for (size_t i = 0; i < array_length(fds); i++) {
        close(fds[i][0]);
        close(fds[i][1]);
    }
}

static void a_descriptor_that_cannot_wait_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(loop_add(&loop, 12345, end_after_three, &calls), -1);
    assert_int_equal(errno, EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ready_descriptors_are_served_until_the_end, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_removed_is_not_called, setup, teardown),
        cmocka_unit_test_setup_teardown(the_table_has_an_end, setup, teardown),
        cmocka_unit_test_setup_teardown(a_descriptor_that_cannot_wait_is_an_error, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
