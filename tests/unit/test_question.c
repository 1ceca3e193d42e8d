/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/terminal/question.c plugin/terminal/screen.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/terminal/question.h"
#include "shared/cleanup.h"

static bool take(struct question *question, const char *text, int64_t now)
{
    json_t *item = json_loads(text, 0, NULL);
    assert_non_null(item);
    const bool changed = question_take(question, item, "claudex-app-0a1b2c3d", now);
    json_decref(item);
    return changed;
}

#define LOGIN                                                                                   \
    "{\"question\":7,\"key\":\"SHA256:key\",\"comment\":\"me@work\",\"host_key\":\"SHA256:h\"," \
    "\"user\":\"git\",\"service\":\"ssh-connection\"}"

static void it_says_what_is_to_be_signed(void **state)
{
    struct question question = {0};
    (void)state;
    assert_true(take(&question, LOGIN, 0));
    assert_true(question.stands);
    assert_int_equal(question.number, 7);
    assert_non_null(strstr(question.text, "claudex-app-0a1b2c3d\r\n"));
    assert_non_null(strstr(question.text, "me@work\r\n        SHA256:key\r\n"));
    assert_non_null(
        strstr(question.text, "  for   a login\r\n  as    git\r\n  at    SHA256:h\r\n"));
    assert_true(take(&question, "{\"question\":8,\"key\":\"k\",\"user\":\"git\"}", 0));
    assert_non_null(
        strstr(question.text, "  as    git\r\n  at    a server that is not known\r\n"));
    assert_true(take(&question, "{\"question\":9,\"key\":\"k\",\"namespace\":\"git\"}", 0));
    assert_non_null(strstr(question.text,
                           "  for   a message, which says that it is for\r\n        git\r\n"));
    assert_true(take(&question, "{\"question\":10,\"key\":\"k\"}", 0));
    assert_non_null(strstr(question.text, "it may be anything\r\n"));
}

/* What the box says is the box's. */
static void no_sequence_comes_through(void **state)
{
    struct question question = {0};
    char text[8192], part[1024];
    (void)state;
    assert_true(take(&question,
                     "{\"question\":1,\"key\":\"\\u001b[2J\",\"comment\":\"\\u009d0;x\\u0007\","
                     "\"namespace\":\"git\\\"\\r\\n  key   trusted\\u202e\"}",
                     0));
    for (const char *at = question.text; *at; at++)
        assert_true(*at == '\r' || *at == '\n' || *at >= ' ');
    assert_null(strstr(question.text, "\r\n  key   trusted"));
    assert_null(strstr(question.text, (const char[]){(char)0xe2, (char)0x80, (char)0xae, 0}));
    assert_null(strstr(question.text, "\xc2\x9d"));
    /* Nor does what a terminal breaks look like a line of ours. */
    assert_true(take(&question,
                     "{\"question\":1,\"key\":\"k\",\"user\":\"git     at    SHA256:good  \"}",
                     0));
    assert_non_null(
        strstr(question.text, "\r\n  as    git at SHA256:good \r\n  at    a server"));
    /* However long: our own words are still there. */
    memset(part, 'x', sizeof part - 1);
    part[sizeof part - 1] = '\0';
    (void)snprintf(text, sizeof text,
                   "{\"question\":1,\"key\":\"%s\",\"comment\":\"%s\",\"user\":\"%s\","
                   "\"host_key\":\"%s\"}",
                   part, part, part, part);
    assert_true(take(&question, text, 0));
    assert_non_null(strstr(question.text, "it is refused in a minute.\r\n\r\n"));
}

static void what_is_no_question_changes_nothing(void **state)
{
    static const char *const lines[] = {"{}", "{\"question\":\"7\"}", "{\"over\":null}",
                                        "{\"over\":8}", "{\"host\":\"example.com\"}"};
    struct question question = {0};
    (void)state;
    assert_false(take(&question, "{\"over\":0}", 0));
    assert_true(take(&question, LOGIN, 0));
    for (size_t i = 0; i < array_length(lines); i++)
        assert_false(take(&question, lines[i], 0));
    assert_true(question.stands);
    assert_true(take(&question, "{\"over\":7}", 0));
    assert_false(question.stands);
    assert_false(take(&question, "{\"over\":7}", 0));
}

static void keys_are_the_sessions_until_it_was_quiet(void **state)
{
    struct question question = {0};
    (void)state;
    assert_true(take(&question, LOGIN, 5000));
    assert_int_equal(question_settle(&question, 5000), QUESTION_QUIET_MS);
    assert_int_equal(question_settle(&question, 5900), QUESTION_QUIET_MS - 900);
    question_typed_before(&question, 5900);
    assert_int_equal(question_settle(&question, 6500), QUESTION_QUIET_MS - 600);
    assert_false(question.ready);
    assert_int_equal(question_settle(&question, 6900), 0);
    assert_true(question.ready);
    /* For the next one it begins anew. */
    assert_true(take(&question, "{\"question\":8,\"key\":\"k\"}", 7000));
    assert_false(question.ready);
    assert_int_equal(question_settle(&question, 7000), QUESTION_QUIET_MS);
}

static enum question_key type(const char *keys, const char *prompt)
{
    struct question question = {0};
    char line[128];
    assert_true(take(&question, LOGIN, 0));
    for (; keys[1]; keys++)
        assert_int_equal(question_type(&question, *keys), QUESTION_HELD);
    if (prompt) {
        question_prompt(&question, line, sizeof line);
        assert_string_equal(strrchr(line, ':') + 2, prompt);
    }
    return question_type(&question, *keys);
}

static void a_yes_is_the_word_and_enter(void **state)
{
    static const struct {
        const char *keys, *prompt;
        enum question_key answer;
    } cases[] = {
        {"yes\r", "yes", QUESTION_YES},
        {"YES\n", "YES", QUESTION_YES},
        {"no\x7f\x7fyes\r", "yes", QUESTION_YES},
        {"\x7f\x08yes\r", "yes", QUESTION_YES},
        {"never\x15yes\r", "yes", QUESTION_YES},
        {"\r", "", QUESTION_NO},
        {"y\r", "y", QUESTION_NO},
        {"ye\r", "ye", QUESTION_NO},
        {"yes \r", "yes ", QUESTION_NO},
        {"yess\r", "yess", QUESTION_NO},
        {" yes\r", " yes", QUESTION_NO},
        {"es\r", "es", QUESTION_NO},
        {"no\r", "no", QUESTION_NO},
        {"yes, of course\r", "yes, of ", QUESTION_NO},
        {"ye\003", "ye", QUESTION_NO},
        {"\004", "", QUESTION_NO},
        /* As kitty's protocol and xterm's modifyOtherKeys say it, with Num Lock too. */
        {"ye\033[99;5u", "ye", QUESTION_NO},
        {"yes\033[100:68;133:1u", "yes", QUESTION_NO},
        {"\033[27;5;99~", "", QUESTION_NO},
        {"\033[99;2uyes\r", "yes", QUESTION_YES},
        {"\033[99u\033[27;5;97~\033[3~\033[;;;uyes\r", "yes", QUESTION_YES},
        /* The focus comes and goes, the mouse moves, an answer to a question of the session's;
         * a word within one is none. */
        {"\033[Iyes\r", "yes", QUESTION_YES},
        {"y\033[O\033[Ies\r", "yes", QUESTION_YES},
        {"\033[<35;10;20Myes\r", "yes", QUESTION_YES},
        {"\033[200~yes\033[201~\r", "yes", QUESTION_YES},
        {"\033]lyes\r\033\\\r", "", QUESTION_NO},
        {"\033P1$ryes\r\033\\\r", "", QUESTION_NO},
        {"\033[?1;2c\r", "", QUESTION_NO},
        {"\033yes\r", "es", QUESTION_NO},
        /* Alt and a bracket begin what never ends. */
        {"\033]yes\r\003", "", QUESTION_NO},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++)
        if (type(cases[i].keys, cases[i].prompt) != cases[i].answer)
            fail_msg("case %zu", i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_what_is_to_be_signed),
        cmocka_unit_test(no_sequence_comes_through),
        cmocka_unit_test(what_is_no_question_changes_nothing),
        cmocka_unit_test(keys_are_the_sessions_until_it_was_quiet),
        cmocka_unit_test(a_yes_is_the_word_and_enter),
    };
    return cmocka_run_group_tests_name("question", tests, NULL, NULL);
}
