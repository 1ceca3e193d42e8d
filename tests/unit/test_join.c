/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/join.c plugin/session/spec.c plugin/session/spec_network.c
 * plugin/session/spec_differences.c plugin/trail_volume.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/engine/container.h"
#include "plugin/join.h"
#include "shared/buf.h"
#include "shared/names.h"

/* --- an engine of one container ------------------------------------------------------- */

static const char *answers[8]; /* of inspect, one after the other; NULL: there is none */
static size_t asked;
static struct buf done = BUF_INIT(256);

int container_inspect(struct engine *engine, const char *id, json_t **inspect,
                      struct error *err)
{
    (void)engine;
    (void)id;
    const char *text = asked < array_length(answers) ? answers[asked++] : NULL;
    *inspect = text ? json_loads(text, 0, NULL) : NULL;
    if (text && !*inspect)
        return error_set(err, "bad JSON in the test");
    return *inspect ? 1 : 0;
}

int container_stop(struct engine *engine, const char *id, long seconds, struct error *err)
{
    (void)engine;
    (void)seconds;
    (void)err;
    return buf_printf(&done, " stop %s", id);
}

int container_remove(struct engine *engine, const char *id, bool force, struct error *err)
{
    (void)engine;
    (void)force;
    (void)err;
    return buf_printf(&done, " remove %s", id);
}

void container_await_removal(struct engine *engine, const char *id)
{
    (void)engine;
    (void)id;
}

bool engine_cancelled(void)
{
    return false;
}

/* --- meetings ------------------------------------------------------------------------- */

#define THERE(status, running, hash, cmd, remove)                                              \
    "{\"Id\":\"c1\",\"State\":{\"Status\":\"" status "\",\"Running\":" running                 \
    "},\"Config\":{\"Labels\":{\"io.claudex.box\":\"b\",\"io.claudex.spec\":\"" hash           \
    "\"},\"Cmd\":" cmd ",\"Tty\":false},\"HostConfig\":{\"AutoRemove\":" remove "}}"

static const char foreign[] =
    "{\"Id\":\"c1\",\"State\":{\"Status\":\"running\",\"Running\":true},"
    "\"Config\":{\"Labels\":{}},\"HostConfig\":{}}";
static const char up[] = THERE("running", "true", "h", "[\"x\"]", "true");
static const char other[] = THERE("running", "true", "g", "[\"x\"]", "true");
static const char kept[] = THERE("exited", "false", "h", "[\"claude\"]", "false");
static const char kept_shell[] = THERE("exited", "false", "h", "null", "false");
static const char kept_other[] = THERE("exited", "false", "g", "[\"claude\"]", "false");
static const char made[] = THERE("created", "false", "h", "[\"claude\"]", "true");
static const char leaving[] = THERE("exited", "false", "h", "[\"claude\"]", "true");

static const char wanted[] = "{\"Labels\":{\"io.claudex.spec\":\"h\"},\"Cmd\":[\"claude\"],"
                             "\"Tty\":false,\"HostConfig\":{}}";

static enum meeting met(const char *spec, bool parallel, bool replace, struct error *err)
{
    json_t *json = json_loads(spec, 0, NULL);
    const struct meeting_wish wish = {
        .name = "b", .spec = json, .parallel = parallel, .replace = replace};
    char *id = NULL;
    buf_clear(&done);
    assert_int_equal(buf_puts(&done, ""), 0);
    asked = 0;
    enum meeting meeting = meet(NULL, &wish, &id, err);
    if (meeting == MEETING_JOIN || meeting == MEETING_RESTART)
        assert_string_equal(id, "c1");
    else
        assert_null(id);
    free(id);
    json_decref(json);
    return meeting;
}

static void there_is(const char *first, const char *second)
{
    memset(answers, 0, sizeof answers);
    answers[0] = first;
    answers[1] = second;
}

static void each_state_and_wish(void **state)
{
    static const struct {
        const char *there;
        enum meeting plain, parallel, replace;
    } rows[] = {
        {NULL, MEETING_FREE, MEETING_FREE, MEETING_FREE},
        {up, MEETING_JOIN, MEETING_OTHER, MEETING_FREE},
        {other, MEETING_FAILED, MEETING_OTHER, MEETING_FREE},
        {kept, MEETING_RESTART, MEETING_OTHER, MEETING_FREE},
        {kept_shell, MEETING_FAILED, MEETING_OTHER, MEETING_FREE},
        {kept_other, MEETING_FAILED, MEETING_OTHER, MEETING_FREE},
        {foreign, MEETING_FAILED, MEETING_FAILED, MEETING_FAILED},
    };
    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct error err = ERROR_INIT;
        there_is(rows[i].there, NULL);
        assert_int_equal(met(wanted, false, false, &err), rows[i].plain);
        assert_true(rows[i].plain != MEETING_FAILED || err.status == EXIT_CLAUDEX);
        assert_int_equal(met(wanted, true, false, &err), rows[i].parallel);
        assert_string_equal(done.data, "");
        assert_int_equal(met(wanted, false, true, &err), rows[i].replace);
        /* What is not ours is never touched. */
        assert_string_equal(
            done.data, rows[i].there && rows[i].there != foreign ? " stop c1 remove c1" : "");
    }
}

static void a_refusal_says_what_to_do(void **state)
{
    struct error err = ERROR_INIT;
    (void)state;
    there_is(other, NULL);
    assert_int_equal(met(wanted, false, false, &err), MEETING_FAILED);
    assert_non_null(strstr(err.text, "--parallel"));
    assert_non_null(strstr(err.text, "--replace"));
    there_is(kept_shell, NULL);
    assert_int_equal(met(wanted, false, false, &err), MEETING_FAILED);
    assert_non_null(strstr(err.text, "claudex rm b"));
}

static void a_shell_that_was_kept_is_the_same_shell(void **state)
{
    static const char shell[] = "{\"Labels\":{\"io.claudex.spec\":\"h\"},\"Cmd\":[],"
                                "\"Tty\":false,\"HostConfig\":{}}";
    static const char screen[] = "{\"Labels\":{\"io.claudex.spec\":\"h\"},\"Cmd\":[],"
                                 "\"Tty\":true,\"HostConfig\":{}}";
    struct error err = ERROR_INIT;
    (void)state;
    there_is(kept_shell, NULL);
    assert_int_equal(met(shell, false, false, &err), MEETING_RESTART);
    assert_int_equal(met(screen, false, false, &err), MEETING_FAILED);
}

static void waits_for_one_that_is_made_or_leaves(void **state)
{
    struct error err = ERROR_INIT;
    (void)state;
    there_is(made, up);
    assert_int_equal(met(wanted, false, false, &err), MEETING_JOIN);
    there_is(leaving, NULL);
    assert_int_equal(met(wanted, false, false, &err), MEETING_FREE);
    assert_int_equal(asked, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_and_wish),
        cmocka_unit_test(a_refusal_says_what_to_do),
        cmocka_unit_test(a_shell_that_was_kept_is_the_same_shell),
        cmocka_unit_test(waits_for_one_that_is_made_or_leaves),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buf_free(&done);
    return failed;
}
