/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "shared/session.h"

static void names_and_reads_every_mode(void **state)
{
    (void)state;
    static const char *const words[] = {"open", "allowlist", "api", "lockdown", "sealed"};
    for (size_t i = 0; i < array_length(words); i++) {
        enum network_mode mode = NETWORK_OPEN;
        assert_int_equal(network_mode_parse(words[i], &mode), 0);
        assert_int_equal(mode, i); /* strictest last: merging compares them */
        assert_string_equal(network_mode_name(mode), words[i]);
    }
}

static void refuses_words_that_are_no_mode(void **state)
{
    (void)state;
    static const char *const words[] = {"", "Open", "open ", "lock", "lockdownx"};
    enum network_mode mode = NETWORK_API;
    for (size_t i = 0; i < array_length(words); i++)
        assert_int_equal(network_mode_parse(words[i], &mode), -1);
    assert_int_equal(mode, NETWORK_API);
}

static void lists_grow_and_end_in_null(void **state)
{
    (void)state;
    cleanup_with(strings_free) struct strings list = {NULL, 0};
    char word[16];
    for (size_t i = 0; i < 1000; i++) {
        (void)snprintf(word, sizeof word, "word%zu", i);
        assert_int_equal(strings_add(&list, word), 0);
        assert_int_equal(list.count, i + 1);
        assert_null(list.items[i + 1]);
    }
    assert_string_equal(list.items[0], "word0"); /* a copy each */
    assert_string_equal(list.items[999], "word999");
}

static void lists_are_empty_again_when_freed(void **state)
{
    (void)state;
    struct strings list = {NULL, 0};
    strings_free(&list);
    assert_int_equal(strings_add(&list, "a"), 0);
    strings_free(&list);
    assert_null(list.items);
    assert_int_equal(list.count, 0);
    assert_int_equal(strings_add(&list, "b"), 0);
    assert_string_equal(list.items[0], "b");
    strings_free(&list);
}

static void strings_in_one(void **state)
{
    (void)state;
    struct strings list = {0};
    char *joined = strings_join(&list, ", ");
    assert_string_equal(joined, "");
    free(joined);
    for (int i = 0; i < 3; i++)
        assert_int_equal(strings_add(&list, i == 1 ? "" : "ab"), 0);
    joined = strings_join(&list, ", ");
    assert_string_equal(joined, "ab, , ab");
    free(joined);
    strings_free(&list);
}

/* What is not freed LeakSanitizer reports. */
static void sessions_free_all_they_own(void **state)
{
    (void)state;
    struct session session = {.agent.name = strdup("claude")};
    struct strings *lists[] = {
        &session.packages,      &session.agent.args,     &session.run.includes,
        &session.run.env,       &session.network.groups, &session.run.instructions,
        &session.network.allow, &session.network.deny,
    };
    for (size_t i = 0; i < array_length(lists); i++)
        assert_int_equal(strings_add(lists[i], "x"), 0);
    session.run.runtime = strdup("runsc");
    session.run.image = strdup("image");
    session.run.ports = calloc(2, sizeof *session.run.ports);
    session.run.port_count = 2;
    session.box.name = strdup("name");
    session.box.workdir = strdup("/workspace");
    session.box.version = strdup("1");
    session.box.mounts = calloc(1, sizeof *session.box.mounts);
    session.box.mount_count = 1;
    session.box.mounts[0].source = strdup("/a");
    session.box.mounts[0].destination = strdup("/workspace/a");
    session_free(&session);
    assert_null(session.box.mounts);
    assert_int_equal(session.run.port_count, 0);
    session_free(&session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_reads_every_mode),
        cmocka_unit_test(refuses_words_that_are_no_mode),
        cmocka_unit_test(lists_grow_and_end_in_null),
        cmocka_unit_test(lists_are_empty_again_when_freed),
        cmocka_unit_test(strings_in_one),
        cmocka_unit_test(sessions_free_all_they_own),
    };
    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
