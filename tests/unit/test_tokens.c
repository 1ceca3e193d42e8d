/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/home/tokens.c init/home/token_keep.c init/home/token_list.c
 * init/home/login_judge.c init/replace.c init/home/token_store.c init/home/token_file.c
 * init/home/place.c init/home/login_check.c init/privs.c init/seccomp.c init/seccomp_filter.c
 * init/seccomp_workers.c init/landlock.c init/signals.c init/loop.c */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "init/home/tokens.h"
#include "shared/cleanup.h"

static const struct token_side none = {.there = false}, a = {.there = true, .digest = {1}},
                               b = {.there = true, .digest = {2}},
                               c = {.there = true, .digest = {3}};

static enum token_step decide(struct token_side seen_home, struct token_side seen_kept,
                              struct token_side home, struct token_side kept)
{
    const struct token seen = {.home = seen_home, .kept = seen_kept};
    return token_decide(&seen, &home, &kept);
}

static void nothing_new_is_nothing_to_do(void **state)
{
    (void)state;
    assert_int_equal(decide(none, none, none, none), TOKEN_NOTHING);
    assert_int_equal(decide(a, a, a, a), TOKEN_NOTHING);
    assert_int_equal(decide(a, none, a, none), TOKEN_NOTHING);
    /* Both became the same: somebody else did our work. */
    assert_int_equal(decide(a, a, b, b), TOKEN_NOTHING);
}

static void what_an_agent_wrote_is_looked_at(void **state)
{
    (void)state;
    assert_int_equal(decide(none, none, a, none), TOKEN_CHECK);
    assert_int_equal(decide(a, a, b, a), TOKEN_CHECK);
    /* Even where another box kept one meanwhile, or forgot it: who is newer is decided later.
     */
    assert_int_equal(decide(a, a, b, c), TOKEN_CHECK);
    assert_int_equal(decide(a, a, b, none), TOKEN_CHECK);
}

static void what_another_box_kept_is_taken(void **state)
{
    (void)state;
    assert_int_equal(decide(a, a, a, b), TOKEN_TAKE);
    assert_int_equal(decide(none, none, none, a), TOKEN_TAKE);
    assert_int_equal(decide(a, a, none, b), TOKEN_TAKE);
}

static void a_logout_empties_every_home(void **state)
{
    (void)state;
    assert_int_equal(decide(a, a, a, none), TOKEN_REMOVE);
    assert_int_equal(decide(a, a, none, none), TOKEN_NOTHING);
}

static void an_agent_cannot_log_out_the_others(void **state)
{
    (void)state;
    assert_int_equal(decide(a, a, none, a), TOKEN_LOST);
    assert_int_equal(decide(none, a, none, a), TOKEN_NOTHING);
}

static void what_was_refused_is_refused_once(void **state)
{
    (void)state;
    assert_int_equal(decide(c, a, c, a), TOKEN_NOTHING);
    assert_int_equal(decide(c, a, c, b), TOKEN_TAKE);
    assert_int_equal(decide(c, a, b, a), TOKEN_CHECK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_new_is_nothing_to_do),
        cmocka_unit_test(what_an_agent_wrote_is_looked_at),
        cmocka_unit_test(what_another_box_kept_is_taken),
        cmocka_unit_test(a_logout_empties_every_home),
        cmocka_unit_test(an_agent_cannot_log_out_the_others),
        cmocka_unit_test(what_was_refused_is_refused_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
