/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a login has to look like, and how one is kept in a file. */
/* uses: init/home/token_file.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "init/home/token_file.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/login.h"

static struct login login;
static struct error err;

static int parse(enum login_agent agent, const char *text)
{
    err = (struct error)ERROR_INIT;
    return login_parse(agent, text, strlen(text), &login, &err);
}

static void claudes_tokens(void **state)
{
    (void)state;
    assert_int_equal(
        parse(LOGIN_CLAUDE,
              "{\"claudeAiOauth\": {\"accessToken\": \"sk-ant-oat01-a\", "
              "\"refreshToken\": \"sk-ant-ort01-b\", \"expiresAt\": 1795374307297, "
              "\"scopes\": [\"user:inference\"]}, \"more\": 1}"),
        0);
    assert_true(login.fresh == 1795374307297);
    assert_string_equal(login.account, "");
    assert_int_equal(parse(LOGIN_CLAUDE, "{\"claudeAiOauth\": {\"accessToken\": \"a\", "
                                         "\"refreshToken\": null, \"expiresAt\": null}}"),
                     0);
    assert_true(login.fresh == 0);
}

static void codex_tokens_and_keys(void **state)
{
    (void)state;
    assert_int_equal(
        parse(LOGIN_CODEX,
              "{\"OPENAI_API_KEY\": null, \"tokens\": {\"id_token\": \"i\", "
              "\"access_token\": \"a\", \"refresh_token\": \"r\", \"account_id\": "
              "\"acc\\u001b[31m\"}, \"last_refresh\": \"2026-11-22T18:56:08.277016Z\"}"),
        0);
    assert_true(login.fresh == 1795373768277);
    assert_string_equal(login.account, "acc\\x1b[31m");
    assert_int_equal(parse(LOGIN_CODEX, "{\"OPENAI_API_KEY\": \"sk-1\"}"), 0);
    assert_string_equal(login.account, "an API key");
}

/* {"sub": "s", "https://api.openai.com/auth": {"chatgpt_account_id": "a-1", "chatgpt_user_id":
 * "u-1"}}, the same of a-2, and one of a-1 that has no user but its subject, in base64url. */
#define OF_A1                                                                                  \
    "e30.eyJzdWIiOiAicyIsICJodHRwczovL2FwaS5vcGVuYWkuY29tL2F1dGgiOiB7ImNoYXRncHRfYWNjb3VudF9p" \
    "ZCI6ICJhLTEiLCAiY2hhdGdwdF91c2VyX2lkIjogInUtMSJ9fQ.c2ln"
#define OF_A2                                                                                  \
    "e30.eyJzdWIiOiAicyIsICJodHRwczovL2FwaS5vcGVuYWkuY29tL2F1dGgiOiB7ImNoYXRncHRfYWNjb3VudF9p" \
    "ZCI6ICJhLTIiLCAiY2hhdGdwdF91c2VyX2lkIjogInUtMSJ9fQ.c2ln"
#define OF_A1_BY_SUBJECT                                                                       \
    "e30.eyJzdWIiOiAicyIsICJodHRwczovL2FwaS5vcGVuYWkuY29tL2F1dGgiOiB7ImNoYXRncHRfYWNjb3VudF9p" \
    "ZCI6ICJhLTEifX0.c2ln"

static void codex_tokens_say_whose_they_are(void **state)
{
    (void)state;
    static const struct {
        const char *id, *access, *account, *identity; /* identity NULL: refused */
    } cases[] = {
        {OF_A1, OF_A1, "a-1", "a-1 u-1"},
        {OF_A1, "opaque", "a-1", "a-1 u-1"},
        {OF_A1_BY_SUBJECT, "x", "", "a-1 s"},
        {"opaque", OF_A1, "a-1", ""},
        {"a..b", "x", "a-1", ""},
        {"e30.e30.", "x", "a-1", ""},
        {"e30.!!!.", "x", "a-1", ""},
        {OF_A1, OF_A2, "a-1", NULL},
        {OF_A1, OF_A1, "a-2", NULL},
        {OF_A1, OF_A1_BY_SUBJECT, "a-1", NULL},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        char text[2048];
        (void)snprintf(text, sizeof text,
                       "{\"tokens\": {\"id_token\": \"%s\", \"access_token\": \"%s\"%s%s%s}}",
                       cases[i].id, cases[i].access,
                       *cases[i].account ? ", \"account_id\": \"" : "", cases[i].account,
                       *cases[i].account ? "\"" : "");
        assert_int_equal(parse(LOGIN_CODEX, text), cases[i].identity ? 0 : -1);
        if (cases[i].identity)
            assert_string_equal(login.identity, cases[i].identity);
    }
}

static void the_digest_is_of_the_tokens_alone(void **state)
{
    (void)state;
    char digest[LOGIN_DIGEST_SIZE];
    assert_int_equal(parse(LOGIN_CLAUDE, "{\"claudeAiOauth\": {\"accessToken\": \"a\", "
                                         "\"refreshToken\": \"b\", \"expiresAt\": 1}}"),
                     0);
    (void)memcpy(digest, login.digest, sizeof digest);
    assert_int_equal(strlen(digest), LOGIN_DIGEST_SIZE - 1);
    assert_int_equal(parse(LOGIN_CLAUDE, "{\"mcpOAuth\": {}, \"claudeAiOauth\": {"
                                         "\"refreshToken\": \"b\", \"accessToken\": \"a\"}}"),
                     0);
    assert_string_equal(login.digest, digest);
    assert_int_equal(parse(LOGIN_CLAUDE, "{\"claudeAiOauth\": {\"accessToken\": \"a\", "
                                         "\"refreshToken\": \"c\"}}"),
                     0);
    assert_string_not_equal(login.digest, digest);
}

static void odd_times_are_no_times(void **state)
{
    (void)state;
    static const char *const odd[] = {"2026-11-22T18:56:08+01:00",
                                      "2026-11-22",
                                      "now",
                                      "",
                                      "2026-11-22T18:56:08.27701600000000000000000000Z",
                                      "2026-11-22T18:56:08.x"};
    for (size_t i = 0; i < array_length(odd); i++) {
        char text[256];
        (void)snprintf(text, sizeof text,
                       "{\"tokens\": {\"access_token\": \"a\"}, \"last_refresh\": \"%s\"}",
                       odd[i]);
        assert_int_equal(parse(LOGIN_CODEX, text), 0);
        assert_true(login.fresh == 0);
    }
}

static void what_is_none_is_refused(void **state)
{
    (void)state;
    static const struct {
        enum login_agent agent;
        const char *text;
    } cases[] = {
        {LOGIN_CLAUDE, ""},
        {LOGIN_CLAUDE, "{"},
        {LOGIN_CLAUDE, "[]"},
        {LOGIN_CLAUDE, "{}"},
        {LOGIN_CLAUDE, "{\"claudeAiOauth\": {\"accessToken\": \"a\"}"},
        {LOGIN_CLAUDE, "{\"claudeAiOauth\": {\"accessToken\": \"\"}}"},
        {LOGIN_CLAUDE, "{\"claudeAiOauth\": {\"accessToken\": \"a b\"}}"},
        {LOGIN_CLAUDE, "{\"claudeAiOauth\": {\"accessToken\": \"a\\n\"}}"},
        {LOGIN_CLAUDE, "{\"claudeAiOauth\": {\"accessToken\": 7}}"},
        {LOGIN_CLAUDE, "{\"claudeAiOauth\": {\"accessToken\": \"a\", \"refreshToken\": []}}"},
        {LOGIN_CLAUDE, "{\"claudeAiOauth\": {\"accessToken\": \"a\", \"expiresAt\": \"x\"}}"},
        {LOGIN_CLAUDE, "{\"claudeAiOauth\": {\"accessToken\": \"a\"}, \"claudeAiOauth\": 1}"},
        {LOGIN_CODEX, "{}"},
        {LOGIN_CODEX, "{\"tokens\": {}}"},
        {LOGIN_CODEX, "{\"OPENAI_API_KEY\": 1}"},
        {LOGIN_CODEX, "{\"OPENAI_API_KEY\": \"a\\u0007\"}"},
        {LOGIN_CODEX, "{\"tokens\": {\"access_token\": \"a\", \"refresh_token\": {}}}"},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        assert_int_equal(parse(cases[i].agent, cases[i].text), -1);
        assert_true(*err.text);
    }
    char *large = calloc(1, LOGIN_FILE_MAX + 2);
    assert_non_null(large);
    memset(large, ' ', LOGIN_FILE_MAX + 1);
    assert_int_equal(login_parse(LOGIN_CODEX, large, LOGIN_FILE_MAX + 1, &login, &err), -1);
    free(large);
}

static void no_message_shows_a_token(void **state)
{
    (void)state;
    assert_int_equal(
        parse(LOGIN_CLAUDE, "{\"claudeAiOauth\": {\"accessToken\": \"SECRET x\"}}"), -1);
    assert_null(strstr(err.text, "SECRET"));
}

static void the_account_comes_from_the_state(void **state)
{
    (void)state;
    static const char text[] =
        "{\"oauthAccount\": {\"emailAddress\": \"a@b.c\", \"accountUuid\": "
        "\"u\", \"odd\": {}, \"displayName\": 7}, \"projects\": {}}";
    login = (struct login){.account = "before"};
    login_parse_state(text, sizeof text - 1, &login);
    assert_string_equal(login.account, "a@b.c");
    assert_string_equal(login.details, "{\"accountUuid\": \"u\", \"emailAddress\": \"a@b.c\"}");
    static const char *const nothing[] = {"", "{}", "[", "{\"oauthAccount\": 1}",
                                          "{\"oauthAccount\": {\"emailAddress\": 1}}"};
    for (size_t i = 0; i < array_length(nothing); i++) {
        login = (struct login){.account = "before"};
        login_parse_state(nothing[i], strlen(nothing[i]), &login);
        assert_string_equal(login.account, "before");
        assert_string_equal(login.details, "");
    }
}

static void a_kept_file_reads_back(void **state)
{
    (void)state;
    const char *at;
    size_t length;
    struct login back;
    login = (struct login){.fresh = -5,
                           .account = "a@b",
                           .identity = "account user",
                           .digest = "0123",
                           .box = "claudex-app-0a1b2c3d",
                           .when = 1795374307,
                           .details = "{\"x\": \"y\"}"};
    cleanup_buf struct buf file = BUF_INIT(TOKEN_FILE_MAX);
    assert_int_equal(token_file_print(&login, "by\0tes", 6, &file), 0);
    assert_int_equal(token_file_parse(file.data, file.length, &back, &at, &length), 0);
    assert_true(back.fresh == -5);
    assert_string_equal(back.account, "a@b");
    assert_string_equal(back.identity, "account user");
    assert_string_equal(back.digest, "0123");
    assert_string_equal(back.box, "claudex-app-0a1b2c3d");
    assert_true(back.when == 1795374307);
    assert_string_equal(back.details, "{\"x\": \"y\"}");
    assert_int_equal(length, 6);
    assert_memory_equal(at, "by\0tes", 6);
    for (size_t cut = 0; cut < file.length; cut++)
        assert_int_equal(token_file_parse(file.data, cut, &back, &at, &length), -1);
}

static void damage_to_a_kept_file_is_seen(void **state)
{
    (void)state;
    const char *at;
    size_t length;
    static const char *const damaged[] = {"",
                                          "claudex-login 1\n1\n\n\n\n\n1\n\n1\nx",
                                          "claudex-login 2\n\n\n\n\n\n1\n\n1\nx",
                                          "claudex-login 2\n1x\n\n\n\n\n1\n\n1\nx",
                                          "claudex-login 2\n1\n\n\n\n\n\n\n1\nx",
                                          "claudex-login 2\n1\n\n\n\n\n1\n\n0\n",
                                          "claudex-login 2\n1\n\n\n\n\n1\n\n2\nx",
                                          "claudex-login 2\n1\n\n\n\n\n1\n\n1\nxx",
                                          "claudex-login 2\n1\na",
                                          "\n\n\n\n\n\n\n\n\n\n"};
    for (size_t i = 0; i < array_length(damaged); i++)
        assert_int_equal(token_file_parse(damaged[i], strlen(damaged[i]), &login, &at, &length),
                         -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claudes_tokens),
        cmocka_unit_test(codex_tokens_and_keys),
        cmocka_unit_test(codex_tokens_say_whose_they_are),
        cmocka_unit_test(the_digest_is_of_the_tokens_alone),
        cmocka_unit_test(odd_times_are_no_times),
        cmocka_unit_test(what_is_none_is_refused),
        cmocka_unit_test(no_message_shows_a_token),
        cmocka_unit_test(the_account_comes_from_the_state),
        cmocka_unit_test(a_kept_file_reads_back),
        cmocka_unit_test(damage_to_a_kept_file_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
