/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/ssh/identities.c init/ssh/frame.c init/ssh/key.c init/ssh/wire.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "init/ssh/frame.h"
#include "init/ssh/identities.h"

#define BYTES(text) ((struct bytes){(const uint8_t *)(text), sizeof(text) - 1})

/* Three keys, the last of the same comment as the first. */
#define ANSWER                                                                                 \
    "\x0c\0\0\0\3"                                                                             \
    "\0\0\0\3one\0\0\0\7me@work"                                                               \
    "\0\0\0\3two\0\0\0\7me@home"                                                               \
    "\0\0\0\5three\0\0\0\7me@work"

static void fingerprint_of(const char *key, char out[KEY_FINGERPRINT])
{
    key_fingerprint((struct bytes){(const uint8_t *)key, strlen(key)}, out);
}

static void assert_shown(const struct identities *identities, struct bytes frame)
{
    assert_int_equal(identities->shown.length, frame.length);
    assert_memory_equal(identities->shown.data, frame.data, frame.length);
}

static void all_are_shown_where_none_is_chosen(void **state)
{
    (void)state;
    const struct strings none = {NULL, 0};
    struct identities identities;
    identities_init(&identities, &none);
    assert_int_equal(identities_take(&identities, BYTES(ANSWER)), 0);
    assert_shown(&identities, BYTES("\0\0\0\x3d" ANSWER));
    assert_int_equal(identities.count, 3);
    assert_string_equal(identities_find(&identities, BYTES("two"))->comment, "me@home");
    assert_null(identities_find(&identities, BYTES("four")));
    identities_free(&identities);
    assert_null(identities_find(&identities, BYTES("two")));
}

static void a_fingerprint_chooses_one(void **state)
{
    (void)state;
    char wanted[KEY_FINGERPRINT];
    char *words[] = {wanted, NULL};
    const struct strings chosen = {words, 1};
    struct identities identities;
    fingerprint_of("three", wanted);
    identities_init(&identities, &chosen);
    assert_int_equal(identities_take(&identities, BYTES(ANSWER)), 0);
    assert_shown(&identities, BYTES("\0\0\0\x19\x0c\0\0\0\1\0\0\0\5three\0\0\0\7me@work"));
    assert_true(identities_find(&identities, BYTES("three"))->visible);
    assert_false(identities_find(&identities, BYTES("one"))->visible);
    identities_free(&identities);
}

static void a_pattern_chooses_by_comment(void **state)
{
    (void)state;
    char pattern[] = "*@work";
    char *words[] = {pattern, NULL};
    const struct strings chosen = {words, 1};
    struct identities identities;
    identities_init(&identities, &chosen);
    assert_int_equal(identities_take(&identities, BYTES(ANSWER)), 0);
    assert_int_equal(wire_peek((const uint8_t *)identities.shown.data + 5), 2);
    assert_false(identities_find(&identities, BYTES("two"))->visible);
    /* The next answer counts, not the one before. */
    assert_int_equal(
        identities_take(&identities, BYTES("\x0c\0\0\0\1\0\0\0\3two\0\0\0\5@work")), 0);
    assert_int_equal(identities.count, 1);
    assert_true(identities_find(&identities, BYTES("two"))->visible);
    assert_null(identities_find(&identities, BYTES("one")));
    identities_free(&identities);
}

static void choices(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        struct bytes comment;
        bool chosen;
    } cases[] = {
        {"me@work", BYTES("me@work"), true},
        {"me@work", BYTES("me@works"), false},
        {"me@work", BYTES(""), false},
        {"*", BYTES(""), true},
        {"?e@*", BYTES("me@work"), true},
        {"[ab]c", BYTES("bc"), true},
        {"*", BYTES("a\0b"), false}, /* what a pattern cannot see it does not choose */
        /* A comment that says it is a fingerprint is none. */
        {"SHA256:AAAA", BYTES("SHA256:AAAA"), false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *words[] = {(char *)cases[i].word, NULL};
        const struct strings chosen = {words, 1};
        if (identity_is_chosen(&chosen, "SHA256:BBBB", cases[i].comment) != cases[i].chosen)
            fail_msg("case %zu", i);
    }
}

static void comments_are_fit_for_a_terminal(void **state)
{
    (void)state;
    const struct strings none = {NULL, 0};
    struct identities identities;
    identities_init(&identities, &none);
    assert_int_equal(
        identities_take(&identities, BYTES("\x0c\0\0\0\1\0\0\0\3key\0\0\0\5\x1b[2J\n")), 0);
    assert_string_equal(identities.items[0].comment, "\\x1b[2J\\x0a");
    identities_free(&identities);
}

static void too_many_are_none(void **state)
{
    (void)state;
    const struct strings none = {NULL, 0};
    static uint8_t answer[5 + (IDENTITIES_MAX + 1) * 8] = {AGENT_IDENTITIES_ANSWER};
    struct identities identities;
    identities_init(&identities, &none);
    wire_put(answer + 1, IDENTITIES_MAX + 1);
    assert_true(frame_answers(REQUEST_LIST, (struct bytes){answer, sizeof answer}));
    assert_int_equal(identities_take(&identities, (struct bytes){answer, sizeof answer}), -1);
    assert_int_equal(identities.count, 0);
    wire_put(answer + 1, IDENTITIES_MAX);
    assert_int_equal(identities_take(&identities, (struct bytes){answer, sizeof answer - 8}),
                     0);
    identities_free(&identities);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_shown_where_none_is_chosen),
        cmocka_unit_test(a_fingerprint_chooses_one),
        cmocka_unit_test(a_pattern_chooses_by_comment),
        cmocka_unit_test(choices),
        cmocka_unit_test(comments_are_fit_for_a_terminal),
        cmocka_unit_test(too_many_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
