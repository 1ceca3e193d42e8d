/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/signatures.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/exec.h"
#include "plugin/signatures.h"

/* No engine here: only what is pure is asked. */
int exec_piped(const struct exec *exec, const struct exec_pipes *pipes, struct error *err)
{
    (void)exec;
    (void)pipes;
    return error_set(err, "no engine in this test");
}

const char *box_label(const struct box *box, const char *label)
{
    (void)box;
    (void)label;
    return "";
}

bool box_is_running(const struct box *box)
{
    (void)box;
    return false;
}

static void lines_that_are_objects_are_taken(void **state)
{
    (void)state;
    static const char text[] = "{\"number\": 1}\n\nnothing\n[2]\n{\"number\": 3}\n{\"number\"";
    json_t *list = signatures_parse(text, sizeof text - 1);
    assert_int_equal(json_array_size(list), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 1), "number")), 3);
    json_decref(list);
    list = signatures_parse("", 0);
    assert_int_equal(json_array_size(list), 0);
    json_decref(list);
}

static void described(const char *line, const char *wanted)
{
    char text[128];
    json_t *signature = json_loads(line, 0, NULL);
    assert_non_null(signature);
    signature_describe(signature, text, sizeof text);
    assert_string_equal(text, wanted);
    json_decref(signature);
}

static void a_signature_is_one_line_for_people(void **state)
{
    (void)state;
    described("{\"time\": \"2025-01-31T12:00:00Z\", \"result\": \"signed\", \"key\": \"K\", "
              "\"comment\": \"me@work\", \"user\": \"git\", \"host_key\": \"H\"}",
              "2025-01-31 12:00:00 signed me@work: login as git at H");
    described("{\"time\": \"2025-01-31T12:00:00Z\", \"result\": \"hidden\", \"key\": \"K\", "
              "\"namespace\": \"git\"}",
              "2025-01-31 12:00:00 refused (not a chosen key) K: a message for git");
    described("{\"time\": \"2025-01-31T12:00:00Z\", \"result\": \"failed\", \"key\": \"K\", "
              "\"user\": \"me\"}",
              "2025-01-31 12:00:00 failed (at the host's agent) K: login as me");
    described("{\"time\": \"2025-01-31T12:00:00Z\", \"result\": \"unasked\", \"key\": \"K\"}",
              "2025-01-31 12:00:00 refused (no terminal to ask at) K");
    described(
        "{\"time\": \"2025-01-31T12:00:00Z\", \"result\": \"unheard of\", \"key\": \"K\"}",
        "2025-01-31 12:00:00 unheard of K");
    described("{\"time\": 1, \"result\": null}", "   ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_that_are_objects_are_taken),
        cmocka_unit_test(a_signature_is_one_line_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
