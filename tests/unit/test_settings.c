/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/home/settings.c init/home/toml.c */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "init/home/settings.h"
#include "init/home/toml.h"
#include "shared/buf.h"
#include "shared/cleanup.h"

static struct session session;
static char *environment_items[] = {"A=b", "ANTHROPIC_API_KEY=sk-0123456789abcdefghijKLMNOP",
                                    NULL};
static struct strings environment;
static struct settings_input input;

static int set_up(void **state)
{
    (void)state;
    session = (struct session){.box.workdir = "/workspace/app"};
    environment = (struct strings){0};
    input = (struct settings_input){.session = &session, .environment = &environment};
    return 0;
}

static json_t *made(const char *path)
{
    for (size_t i = 0; i < settings_file_count; i++)
        if (strcmp(settings_files[i].path, path) == 0)
            return settings_files[i].make(&input);
    fail_msg("no file %s", path);
    return NULL;
}

static json_t *parsed(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);
    assert_non_null(value);
    return value;
}

/* Takes both over. */
static void same(json_t *got, json_t *expected)
{
    char *text = json_dumps(got, JSON_SORT_KEYS);
    char *wanted = json_dumps(expected, JSON_SORT_KEYS);
    assert_string_equal(text, wanted);
    free(text);
    free(wanted);
    json_decref(got);
    json_decref(expected);
}

static void claude_is_onboarded_and_trusts_the_box(void **state)
{
    (void)state;
    same(made(".claude.json"),
         parsed("{\"hasCompletedOnboarding\": true, \"hasSeenAutoDefaultNudge\": true, "
                "\"customApiKeyResponses\": {\"approved\": []}, \"projects\": {"
                "\"/workspace\": {\"hasTrustDialogAccepted\": true}, "
                "\"/workspace/app\": {\"hasTrustDialogAccepted\": true}}}"));
}

static void claude_does_not_ask_about_a_key_that_was_handed_in(void **state)
{
    (void)state;
    environment = (struct strings){.items = environment_items, .count = 2};
    json_t *settings = made(".claude.json");
    json_t *keys =
        json_object_get(json_object_get(settings, "customApiKeyResponses"), "approved");
    assert_int_equal(json_array_size(keys), 1);
    assert_string_equal(json_string_value(json_array_get(keys, 0)), "6789abcdefghijKLMNOP");
    json_decref(settings);
}

static void claude_asks_unless_yolo(void **state)
{
    (void)state;
    same(made(".claude/settings.json"),
         parsed("{\"permissions\": {\"defaultMode\": \"default\"}, "
                "\"env\": {\"DISABLE_AUTOUPDATER\": \"1\"}}"));
    session.agent.yolo = true;
    same(made(".claude/settings.json"),
         parsed("{\"permissions\": {\"defaultMode\": \"bypassPermissions\"}, "
                "\"skipDangerousModePermissionPrompt\": true, "
                "\"env\": {\"DISABLE_AUTOUPDATER\": \"1\"}}"));
    json_t *remembered = made(".claude.json");
    assert_true(json_is_true(json_object_get(remembered, "bypassPermissionsModeAccepted")));
    json_decref(remembered);
}

static void the_users_own_settings_stay_but_for_ours(void **state)
{
    (void)state;
    json_t *own =
        parsed("{\"model\": \"opus\", \"env\": {\"A\": \"b\", \"DISABLE_AUTOUPDATER\": "
               "\"0\"}, \"permissions\": {\"allow\": [\"Bash(ls)\"], \"defaultMode\": "
               "\"acceptEdits\"}}");
    input.claude_settings = own;
    same(
        made(".claude/settings.json"),
        parsed("{\"model\": \"opus\", \"env\": {\"A\": \"b\", \"DISABLE_AUTOUPDATER\": \"1\"}, "
               "\"permissions\": {\"allow\": [\"Bash(ls)\"], \"defaultMode\": "
               "\"acceptEdits\"}}"));
    json_decref(own);
}

static void what_yolo_decides_is_not_the_files(void **state)
{
    (void)state;
    json_t *own = parsed("{\"permissions\": {\"defaultMode\": \"bypassPermissions\"}}");
    input.claude_settings = own;
    same(made(".claude/settings.json"),
         parsed("{\"permissions\": {\"defaultMode\": \"default\"}, "
                "\"env\": {\"DISABLE_AUTOUPDATER\": \"1\"}}"));
    json_decref(own);
}

static void shapes_that_are_not_ours_are_replaced(void **state)
{
    (void)state;
    json_t *own = parsed("{\"permissions\": 7, \"env\": [], \"hooks\": \"x\"}");
    input.claude_settings = own;
    input.turn_end = "true";
    same(made(".claude/settings.json"),
         parsed("{\"permissions\": {\"defaultMode\": \"default\"}, "
                "\"env\": {\"DISABLE_AUTOUPDATER\": \"1\"}, \"hooks\": {\"Stop\": [{\"hooks\": "
                "[{\"type\": \"command\", \"command\": \"true\"}]}]}}"));
    json_decref(own);
}

static void a_turns_end_runs_ours_before_the_users(void **state)
{
    (void)state;
    json_t *own = parsed("{\"hooks\": {\"Stop\": [{\"hooks\": []}], \"Start\": []}}");
    input.claude_settings = own;
    input.turn_end = "snap";
    json_t *settings = made(".claude/settings.json");
    same(json_incref(json_object_get(settings, "hooks")),
         parsed("{\"Start\": [], \"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": "
                "\"snap\"}]}, {\"hooks\": []}]}"));
    json_decref(settings);
    json_decref(own);
    same(made("/etc/codex/managed_config.toml"),
         parsed("{\"sandbox_mode\": \"danger-full-access\", \"cli_auth_credentials_store\": "
                "\"file\", \"notify\": [\"/bin/sh\", \"-c\", \"snap\"]}"));
}

static void codex_asks_unless_yolo(void **state)
{
    (void)state;
    json_t *asks = made("/etc/codex/config.toml");
    assert_string_equal(json_string_value(json_object_get(asks, "approval_policy")),
                        "on-request");
    assert_true(json_is_false(json_object_get(asks, "check_for_update_on_startup")));
    json_decref(asks);
    session.agent.yolo = true;
    json_t *yolo = made("/etc/codex/config.toml");
    assert_string_equal(json_string_value(json_object_get(yolo, "approval_policy")), "never");
    json_decref(yolo);
}

static void everything_of_codex_can_be_said_in_toml(void **state)
{
    (void)state;
    session.box.workdir = "/workspace/a \"b\"";
    for (size_t i = 0; i < settings_file_count; i++) {
        cleanup_buf struct buf text = BUF_INIT(4096);
        json_t *settings = settings_files[i].make(&input);
        assert_non_null(settings);
        if (settings_files[i].format == SETTINGS_TOML)
            assert_int_equal(toml_print(settings, &text), 0);
        json_decref(settings);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(claude_is_onboarded_and_trusts_the_box),
        TEST(claude_does_not_ask_about_a_key_that_was_handed_in),
        TEST(claude_asks_unless_yolo),
        TEST(the_users_own_settings_stay_but_for_ours),
        TEST(what_yolo_decides_is_not_the_files),
        TEST(shapes_that_are_not_ours_are_replaced),
        TEST(a_turns_end_runs_ours_before_the_users),
        TEST(codex_asks_unless_yolo),
        TEST(everything_of_codex_can_be_said_in_toml),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
