/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a box may make every box's login. */
/* uses: init/home/login_judge.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "init/home/login_judge.h"

enum { NOW = 1795374307 };

static const int64_t soon = (NOW + 5 * 60) * INT64_C(1000),
                     later = (NOW + 8 * 3600) * INT64_C(1000);

static const char *judge(enum login_agent agent, struct login kept, struct login written)
{
    const struct login_case what = {
        .agent = agent, .kept = &kept, .written = &written, .now = NOW};
    return login_judge(&what);
}

static void the_first_is_shared_and_what_was_asked_for(void **state)
{
    (void)state;
    const struct login written = {.account = "b", .identity = "b", .digest = "2"},
                       kept = {.account = "a", .identity = "a", .digest = "1", .fresh = later};
    for (int i = 0; i < LOGIN_AGENTS; i++) {
        const struct login_case first = {
            .agent = (enum login_agent)i, .written = &written, .now = NOW};
        const struct login_case asked = {.agent = (enum login_agent)i,
                                         .kept = &kept,
                                         .written = &written,
                                         .now = NOW,
                                         .asked = true};
        assert_null(login_judge(&first));
        assert_null(login_judge(&asked));
    }
}

static void the_same_tokens_are_the_same_login(void **state)
{
    (void)state;
    assert_null(judge(LOGIN_CLAUDE, (struct login){.digest = "1", .fresh = later},
                      (struct login){.digest = "1", .fresh = later, .account = "whoever"}));
    /* With another end it would be the agent who says when the next one is due. */
    assert_non_null(judge(LOGIN_CLAUDE, (struct login){.digest = "1", .fresh = later},
                          (struct login){.digest = "1", .fresh = 1}));
    assert_null(
        judge(LOGIN_CODEX, (struct login){.digest = "1"}, (struct login){.digest = "1"}));
}

static void codex_has_to_be_who_it_was(void **state)
{
    (void)state;
    const struct login kept = {.identity = "a-1 u-1", .digest = "1", .account = "a-1"};
    assert_null(judge(LOGIN_CODEX, kept, (struct login){.identity = "a-1 u-1", .digest = "2"}));
    assert_non_null(
        judge(LOGIN_CODEX, kept, (struct login){.identity = "a-2 u-1", .digest = "2"}));
    assert_non_null(
        judge(LOGIN_CODEX, kept, (struct login){.identity = "a-1 u-2", .digest = "2"}));
    /* The name that the file gives itself is worth nothing. */
    assert_non_null(judge(LOGIN_CODEX, kept, (struct login){.account = "a-1", .digest = "2"}));
    /* An API key in the place of tokens, and another in the place of one. */
    assert_non_null(judge(LOGIN_CODEX, (struct login){.account = "an API key", .digest = "1"},
                          (struct login){.account = "an API key", .digest = "2"}));
}

static void claude_when_it_is_due(void **state)
{
    (void)state;
    const struct login written = {.digest = "2", .fresh = later};
    assert_null(judge(LOGIN_CLAUDE, (struct login){.digest = "1", .fresh = soon}, written));
    assert_null(judge(LOGIN_CLAUDE, (struct login){.digest = "1", .fresh = 1}, written));
    assert_non_null(
        judge(LOGIN_CLAUDE, (struct login){.digest = "1", .fresh = later}, written));
    /* One without an end is never due. */
    assert_non_null(judge(LOGIN_CLAUDE, (struct login){.digest = "1", .fresh = 0}, written));
}

static void claude_by_another_name_is_held_also_when_due(void **state)
{
    (void)state;
    const struct login kept = {.digest = "1", .fresh = soon, .account = "me"};
    assert_null(judge(LOGIN_CLAUDE, kept, (struct login){.digest = "2", .account = "me"}));
    assert_null(judge(LOGIN_CLAUDE, kept, (struct login){.digest = "2"}));
    assert_non_null(judge(LOGIN_CLAUDE, kept, (struct login){.digest = "2", .account = "you"}));
}

static void two_that_refresh_at_once_are_both_due(void **state)
{
    (void)state;
    const struct login kept = {.digest = "1", .fresh = later, .account = "me"},
                       written = {.digest = "2", .fresh = later + 1},
                       other = {.digest = "2", .fresh = later + 1, .account = "you"};
    struct login_case what = {
        .agent = LOGIN_CLAUDE, .kept = &kept, .written = &written, .now = NOW, .race = true};
    assert_null(login_judge(&what));
    what.written = &other;
    assert_non_null(login_judge(&what));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_shared_and_what_was_asked_for),
        cmocka_unit_test(the_same_tokens_are_the_same_login),
        cmocka_unit_test(codex_has_to_be_who_it_was),
        cmocka_unit_test(claude_when_it_is_due),
        cmocka_unit_test(claude_by_another_name_is_held_also_when_due),
        cmocka_unit_test(two_that_refresh_at_once_are_both_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
