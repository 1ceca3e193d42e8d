/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who says what is in effect. */
#include "tests/unit/config_text.h"

/* "key=value@SOURCE:LINE", one a line; nothing of a default. */
static int write_setting(const struct config_setting *setting, void *data)
{
    static const char letters[] = {[CONFIG_MACHINE] = 'M',
                                   [CONFIG_USER] = 'U',
                                   [CONFIG_PROJECT] = 'P',
                                   [CONFIG_COMMAND] = 'C'};
    if (!setting->entry)
        return 0;
    return buf_printf(data, "%s=%s@%c:%d\n", setting->key, setting->value,
                      letters[setting->entry->source], setting->entry->line);
}

static void assert_shown(const struct config *config, const char *wanted)
{
    cleanup_session struct session session = {.run.pids = 0};
    cleanup_buf struct buf out = BUF_INIT(1 << 16);
    struct error err = ERROR_INIT;
    if (config_resolve(config, &session, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(config_show(config, &session, write_setting, &out), 0);
    assert_string_equal(out.data ? out.data : "", wanted);
}

static void the_last_source_of_one_value_is_named(void **state)
{
    (void)state;
    cleanup_config struct config config = CONFIG_INIT;
    add_text(&config, CONFIG_PROJECT, "[run]\nruntime = c\n");
    add_text(&config, CONFIG_USER, "[run]\n\nruntime = b\nimage = x\n");
    add_text(&config, CONFIG_MACHINE, "[run]\nruntime = a\n");
    assert_shown(&config, "runtime=c@P:2\nimage=x@U:4\n");
    assert_int_equal(config_set(&config, "run", "image", "y"), 0);
    assert_shown(&config, "runtime=c@P:2\nimage=y@C:0\n");
}

static void what_a_project_may_not_loosen_stays_the_users(void **state)
{
    (void)state;
    cleanup_config struct config config = CONFIG_INIT;
    add_text(&config, CONFIG_USER,
             "[run]\nmemory = 1g\npids = 9\ncpus = 2\n[network]\nmode = lockdown\n");
    add_text(&config, CONFIG_PROJECT,
             "[run]\nmemory = 2g\npids = 5\ncpus = 0\n[network]\nmode = api\n");
    assert_shown(&config, "memory=1g@U:2\ncpus=2@U:4\npids=5@P:3\nmode=lockdown@U:6\n");
}

static void of_several_projects_the_strictest_is_named(void **state)
{
    (void)state;
    cleanup_config struct config config = CONFIG_INIT;
    add_text(&config, CONFIG_PROJECT, "[network]\nmode = lockdown\n");
    add_text(&config, CONFIG_PROJECT, "\n\n[network]\nmode = api\n");
    assert_shown(&config, "mode=lockdown@P:2\n");
}

static void lists_name_everybody_and_arguments_their_agents(void **state)
{
    (void)state;
    cleanup_config struct config config = CONFIG_INIT;
    add_text(&config, CONFIG_USER,
             "[agent]\nname = claude\nargs = -u\n[network]\ndeny = a.b\n");
    add_text(&config, CONFIG_PROJECT, "[network]\ndeny = c.d\n");
    assert_shown(&config, "name=claude@U:2\nargs=-u@U:3\ndeny=a.b@U:5\ndeny=c.d@P:2\n");
    assert_int_equal(config_set(&config, "agent", "name", "codex"), 0);
    assert_int_equal(config_set(&config, "agent", "args", "-c"), 0);
    assert_shown(&config, "name=codex@C:0\nargs=-c@C:0\ndeny=a.b@U:5\ndeny=c.d@P:2\n");
}

/* Promise 13. */
static void values_of_variables_are_not_shown(void **state)
{
    (void)state;
    cleanup_config struct config config = CONFIG_INIT;
    add_text(&config, CONFIG_USER,
             "[run]\nenv = A=secret\nenv = B\nenv = \"C=secret\\n\"\nenv = D=\n");
    assert_shown(&config, "env=A=***@U:2\nenv=B@U:3\nenv=C=***@U:4\nenv=D=***@U:5\n");
}

static int count_defaults(const struct config_setting *setting, void *data)
{
    int *count = data;
    *count += setting->entry == NULL;
    if (!setting->entry && strcmp(setting->key, "mode") == 0)
        assert_string_equal(setting->value, "allowlist");
    if (!setting->entry && strcmp(setting->key, "pids") == 0)
        assert_string_equal(setting->value, "4096");
    if (!setting->entry && strcmp(setting->key, "groups") == 0)
        assert_string_equal(setting->value, "ai apt npm pip git");
    return 0;
}

static int stop_at_once(const struct config_setting *setting, void *data)
{
    (void)setting;
    (void)data;
    return 7;
}

static void defaults_are_told_as_such(void **state)
{
    (void)state;
    cleanup_config struct config config = CONFIG_INIT;
    cleanup_session struct session session = {.run.pids = 0};
    struct error err = ERROR_INIT;
    int count = 0;
    assert_int_equal(config_resolve(&config, &session, &err), 0);
    assert_int_equal(config_show(&config, &session, count_defaults, &count), 0);
    assert_true(count >= 7);
    assert_int_equal(config_show(&config, &session, stop_at_once, NULL), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_source_of_one_value_is_named),
        cmocka_unit_test(what_a_project_may_not_loosen_stays_the_users),
        cmocka_unit_test(of_several_projects_the_strictest_is_named),
        cmocka_unit_test(lists_name_everybody_and_arguments_their_agents),
        cmocka_unit_test(values_of_variables_are_not_shown),
        cmocka_unit_test(defaults_are_told_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
