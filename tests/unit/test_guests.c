/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/guests.c init/loop.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "init/guests.h"
#include "shared/cleanup.h"

static void who_came_from_outside(void **state)
{
    (void)state;
    static const char *const guests[] = {
        "8 (sh) S 0 8 8 34816 8 4194304", "8 (sh) D 0 8 8 0", "8 (sh) T 0 8 8 0",
        "4000000 (a) b) S 1) S 0 8 8 0",  "8 () R 0 0 0",     "8 (\n) S 0 1",
    };
    static const char *const others[] = {
        "1 (claudex-init) S 0 1 1 0", /* PID 1 itself has no parent either */
        "8 (sh) S 1 8 8 0",
        "8 (sh) Z 0 8 8 0", /* dead; its parent outside has not looked yet */
        "8 (sh) X 0 8 8 0",
        "8 (x) S 0 ) S 7 8 8 0", /* a name that looks like fields */
        "8 (sh",
        "8 (sh)",
        "8 (sh) S",
        "",
        "x (sh) S 0 8",
    };
    for (size_t i = 0; i < array_length(guests); i++)
        assert_true(guest_in_stat(guests[i]));
    for (size_t i = 0; i < array_length(others); i++)
        assert_false(guest_in_stat(others[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_came_from_outside)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
