/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/agent.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/agent.h"
#include "shared/buf.h"

static char *const args[] = {(char *)"--model", (char *)"opus", NULL};

/* The words with blanks between them. */
static void command_is(const char *name, bool yolo, bool with_args, const char *expected)
{
    struct session session = {.agent.name = (char *)name, .agent.yolo = yolo};
    struct strings argv = {0};
    cleanup_buf struct buf text = BUF_INIT(256);
    if (with_args)
        session.agent.args = (struct strings){.items = (char **)args, .count = 2};
    assert_int_equal(agent_command(&session, &argv), 0);
    assert_int_equal(buf_puts(&text, ""), 0);
    for (size_t i = 0; i < argv.count; i++)
        assert_int_equal(buf_printf(&text, "%s%s", i ? " " : "", argv.items[i]), 0);
    assert_string_equal(text.data, expected);
    strings_free(&argv);
}

static void starts_each(void **state)
{
    (void)state;
    command_is("claude", false, false, "claude");
    command_is("claude", false, true, "claude --model opus");
    command_is("claude", true, true, "claude --dangerously-skip-permissions --model opus");
    command_is("codex", false, false, "codex -c sandbox_mode=\"danger-full-access\"");
    command_is("codex", true, false,
               "codex -c sandbox_mode=\"danger-full-access\" -c approval_policy=\"never\"");
    command_is("shell", false, false, "");
    command_is("shell", true, false, "");
    command_is("shell", false, true, "sh --model opus");
    command_is("aider", true, true, "aider --model opus");
}

/* One that asks by default must go on asking without yolo. */
static void nothing_turns_prompts_off_unasked(void **state)
{
    (void)state;
    for (size_t i = 0; i < agent_count; i++)
        for (const char *const *word = agents[i].start; *word; word++) {
            assert_null(strstr(*word, "skip"));
            assert_null(strstr(*word, "never"));
            assert_null(strstr(*word, "bypass"));
        }
    assert_null(agent_find("no such agent"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_each),
        cmocka_unit_test(nothing_turns_prompts_off_unasked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
