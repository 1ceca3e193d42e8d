/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/home/accounts.c init/replace.c init/confine.c init/landlock.c init/privs.c
 * init/seccomp.c init/seccomp_filter.c init/seccomp_workers.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "init/home/accounts.h"
#include "shared/buf.h"

#define LINE "node:x:1234:1234::/home/node:/bin/bash"
#define ROOT "root:x:0:0:root:/root:/bin/bash\n"

/* NULL: right as it was. */
static void assert_edited(const char *text, const char *expected)
{
    cleanup_buf struct buf out = BUF_INIT(4096);
    assert_int_equal(accounts_edit(text, strlen(text), LINE, &out), 0);
    if (expected)
        assert_string_equal(out.data, expected);
    else
        assert_int_equal(out.length, 0);
    if (!expected)
        return;
    /* Once is enough. */
    cleanup_buf struct buf again = BUF_INIT(4096);
    assert_int_equal(accounts_edit(out.data, out.length, LINE, &again), 0);
    assert_int_equal(again.length, 0);
}

static void the_line_comes_where_it_was_missing(void **state)
{
    (void)state;
    assert_edited("", LINE "\n");
    assert_edited(ROOT, LINE "\n" ROOT);
    assert_edited("root:x:0:0", LINE "\nroot:x:0:0\n"); /* no newline at the end */
}

static void the_line_is_corrected(void **state)
{
    (void)state;
    assert_edited(ROOT "node:x:1000:1000::/home/node:/bin/sh\n", LINE "\n" ROOT);
    assert_edited("node:x:1000:1000::/home/node:/bin/sh\n" ROOT "node:x:1:1:::\n",
                  LINE "\n" ROOT);
    assert_edited(ROOT LINE "\n" LINE "\n", LINE "\n" ROOT);
}

static void what_is_right_is_left_alone(void **state)
{
    (void)state;
    assert_edited(ROOT LINE "\n", NULL);
    assert_edited(LINE "\n" ROOT, NULL);
    assert_edited(ROOT LINE, NULL);
}

static void it_comes_before_others_of_its_id(void **state)
{
    (void)state;
    assert_edited("other:x:1234:1::/:/bin/sh\n" LINE "\n",
                  LINE "\nother:x:1234:1::/:/bin/sh\n");
    assert_edited(LINE "\nother:x:1234:1::/:/bin/sh\n", NULL);
}

static void names_and_ids_are_whole_fields(void **state)
{
    (void)state;
    assert_edited("nodes:x:1:1:::\nno:x:12:1:::\nnode-x:x:12345:1:::\n" LINE "\n", NULL);
    assert_edited("node\n:::\n\nx:1234\n" ROOT LINE "\n",
                  LINE "\n:::\n\nx:1234\n" ROOT); /* a damaged line of the name goes */
}

static void a_group_has_fewer_fields(void **state)
{
    (void)state;
    cleanup_buf struct buf out = BUF_INIT(4096);
    static const char text[] = "root:x:0:\nnode:x:1000:other\nstaff:x:50:node\n";
    assert_int_equal(accounts_edit(text, sizeof text - 1, "node:x:77:", &out), 0);
    assert_string_equal(out.data, "node:x:77:\nroot:x:0:\nstaff:x:50:node\n");
}

static void what_does_not_fit_fails(void **state)
{
    (void)state;
    cleanup_buf struct buf out = BUF_INIT(40);
    assert_int_equal(accounts_edit(ROOT, sizeof ROOT - 1, LINE, &out), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_comes_where_it_was_missing),
        cmocka_unit_test(the_line_is_corrected),
        cmocka_unit_test(what_is_right_is_left_alone),
        cmocka_unit_test(it_comes_before_others_of_its_id),
        cmocka_unit_test(names_and_ids_are_whole_fields),
        cmocka_unit_test(a_group_has_fewer_fields),
        cmocka_unit_test(what_does_not_fit_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
