/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/ssh/message.c init/ssh/wire.c */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "init/ssh/message.h"

static const struct message full = {
    .kind = MESSAGE_SIGNATURE,
    .signature = {.result = SIGNATURE_LIMITED,
                  .key = "SHA256:6FYkTbLdwaVn/cxW4DbsbQdd/pyNi+O14GupBifzOtM",
                  .comment = "me@w\xc3\xb6rk",
                  .host_key = "SHA256:7wMUyJ7GVYHkRbSPp1ElgG7jooYrxS/8Jd9FXS6yDoc",
                  .user = "git",
                  .service = "ssh-connection"}};

static void a_signature_comes_back_as_it_went(void **state)
{
    (void)state;
    uint8_t bytes[MESSAGE_MAX];
    struct message back;
    size_t length = message_print(&full, bytes);
    assert_int_equal(message_parse(bytes, length, &back), 0);
    assert_memory_equal(&back, &full, sizeof back);
}

static void the_longest_texts_fit(void **state)
{
    (void)state;
    uint8_t bytes[MESSAGE_MAX];
    struct message longest = {.kind = MESSAGE_SIGNATURE}, back;
    struct signature *s = &longest.signature;
    memset(s->key, 'k', sizeof s->key - 1);
    memset(s->comment, 'c', sizeof s->comment - 1);
    memset(s->host_key, 'h', sizeof s->host_key - 1);
    memset(s->user, 'u', sizeof s->user - 1);
    memset(s->service, 's', sizeof s->service - 1);
    memset(s->namespace, 'n', sizeof s->namespace - 1);
    size_t length = message_print(&longest, bytes);
    assert_true(length <= MESSAGE_MAX);
    assert_int_equal(message_parse(bytes, length, &back), 0);
    assert_memory_equal(&back, &longest, sizeof back);
}

static void a_question_has_its_number(void **state)
{
    (void)state;
    uint8_t bytes[MESSAGE_MAX];
    struct message question = full, back;
    question.kind = MESSAGE_QUESTION;
    question.number = 0x01020304;
    question.signature.result = SIGNATURE_MADE;
    size_t length = message_print(&question, bytes);
    assert_int_equal(message_parse(bytes, length, &back), 0);
    assert_memory_equal(&back, &question, sizeof back);
    bytes[1] = SIGNATURE_FAILED; /* nothing has come of it yet */
    assert_int_equal(message_parse(bytes, length, &back), -1);
}

static void the_others_come_back_as_well(void **state)
{
    (void)state;
    const struct message others[] = {
        {.kind = MESSAGE_WANT},
        {.kind = MESSAGE_GIVEN},
        {.kind = MESSAGE_NONE, .error = ECONNREFUSED},
        {.kind = MESSAGE_WITHDRAWN, .number = 0xfffefdfc},
        {.kind = MESSAGE_CONSENT, .number = 7, .consent = CONSENT_YES},
        {.kind = MESSAGE_CONSENT, .consent = CONSENT_NOBODY}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        uint8_t bytes[MESSAGE_MAX];
        struct message back;
        size_t length = message_print(&others[i], bytes);
        assert_int_equal(message_parse(bytes, length, &back), 0);
        assert_memory_equal(&back, &others[i], sizeof back);
    }
}

static void whatever_else_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[MESSAGE_MAX + 1] = {0}, changed[sizeof bytes];
    struct message back;
    size_t length = message_print(&full, bytes);
    for (size_t cut = 0; cut < length; cut++)
        assert_int_equal(message_parse(bytes, cut, &back), -1);
    assert_int_equal(message_parse(bytes, length + 1, &back), -1);
    assert_int_equal(message_parse(bytes, sizeof bytes, &back), -1);
    /* kind, result, a number where none belongs; then bytes within the key's text that a log
     * must not see */
    static const struct {
        size_t at;
        uint8_t value;
    } bad[] = {{0, 0},    {0, MESSAGE_CONSENT + 1},
               {0, 255},  {1, SIGNATURE_RESULTS},
               {2, 1},    {5, 1},
               {7, '\n'}, {7, 27},
               {7, 0x80}, {7, 0xff},
               {7, 0}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        memcpy(changed, bytes, sizeof changed);
        changed[bad[i].at] = bad[i].value;
        if (message_parse(changed, length, &back) != -1)
            fail_msg("byte %zu may be %u", bad[i].at, bad[i].value);
    }
    /* A text that is too long for its place. */
    memset(changed, 'x', sizeof changed);
    memcpy(changed, bytes, 6);
    memset(changed + 6 + KEY_FINGERPRINT, 0, 6);
    assert_int_equal(message_parse(changed, 6 + KEY_FINGERPRINT + 6, &back), -1);
    /* An answer that is none. */
    length = message_print(&(struct message){.kind = MESSAGE_CONSENT, .number = 1}, bytes);
    bytes[1] = CONSENTS;
    assert_int_equal(message_parse(bytes, length, &back), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_comes_back_as_it_went),
        cmocka_unit_test(the_longest_texts_fit),
        cmocka_unit_test(a_question_has_its_number),
        cmocka_unit_test(the_others_come_back_as_well),
        cmocka_unit_test(whatever_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
