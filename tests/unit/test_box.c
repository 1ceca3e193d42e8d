/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/box.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/box.h"
#include "shared/names.h"

/* --- an engine that answers with a list ------------------------------------------------ */

static const char *answer;
static char asked[512];

int engine_request(struct engine *engine, const char *method, const char *path, json_t *body,
                   json_t **reply, long *status, struct error *err)
{
    (void)engine;
    (void)body;
    if (status)
        *status = 200;
    (void)snprintf(asked, sizeof asked, "%s %s", method, path);
    *reply = json_loads(answer, 0, NULL);
    return *reply ? 0 : error_set(err, "no engine");
}

char *engine_escape(const char *text)
{
    (void)text;
    return strdup("FILTER");
}

/* --- names ---------------------------------------------------------------------------- */

static void name_is(const char *path, const char *beginning)
{
    const char *const paths[] = {path};
    cleanup_free char *name = box_name(paths, 1);
    assert_non_null(name);
    assert_memory_equal(name, beginning, strlen(beginning));
    assert_int_equal(strlen(name), strlen(beginning) + 8);
    assert_int_equal(strspn(name + strlen(beginning), "0123456789abcdef"), 8);
}

static void names_tell_the_folder(void **state)
{
    (void)state;
    name_is("/home/ann/app", "claudex-app-");
    name_is("/home/ann/My App (2)", "claudex-My-App-2-");
    name_is("/home/ann/--x", "claudex-x-");
    name_is("/srv/\xc3\xa4\xc3\xb6", "claudex-folder-");
    name_is("/srv/a\nb", "claudex-a-b-");
    name_is("/", "claudex-folder-");
    name_is("/srv/1234567890123456789012345678901234567890123456789",
            "claudex-1234567890123456789012345678901234567890-");
}

/* printf '/srv/a\0' | sha256sum, and with /srv/b behind it. */
static void the_digits_are_of_the_sorted_paths(void **state)
{
    const char *const one[] = {"/srv/a"}, *const two[] = {"/srv/a", "/srv/b"},
                      *const turned[] = {"/srv/b", "/srv/a"};
    (void)state;
    cleanup_free char *a = box_name(one, 1);
    cleanup_free char *ab = box_name(two, 2);
    cleanup_free char *ba = box_name(turned, 2);
    assert_string_equal(a, "claudex-a-"
                           "f07f65d5");
    assert_string_equal(ab, "claudex-a-cab5cb62");
    /* The name shows the first folder; what follows does not depend on the order. */
    assert_string_equal(ba, "claudex-b-cab5cb62");
}

/* --- the choice ----------------------------------------------------------------------- */

static void list(const char *json, struct boxes *boxes)
{
    struct error err = ERROR_INIT;
    answer = json;
    *boxes = (struct boxes){0};
    assert_int_equal(box_list(NULL, true, boxes, &err), 0);
    assert_non_null(strstr(asked, "all=1"));
    assert_non_null(strstr(asked, "filters=FILTER"));
}

#define BOX(name, state, folders)                                                              \
    "{\"Id\":\"" name "0123456789abcdef\",\"Names\":[\"/" name "\"],\"State\":\"" state        \
    "\",\"Labels\":{\"io.claudex.box\":\"x\",\"io.claudex.folders\":\"[" folders "]\"}}"
#define FOLDER(path) "\\\"" path "\\\""

static const char three[] =
    "[" BOX("claudex-app-0a1b2c3d", "running", FOLDER("/home/ann/app")) "," BOX(
        "claudex-web-11112222", "exited",
        FOLDER("/home/ann/web") "," FOLDER("/srv/x")) "," BOX("mine", "running",
                                                              FOLDER("/home/ann/app/sub")) "]";

static void chooses(const char *json, const char *name, const char *folder, bool running,
                    const char *expected)
{
    struct boxes boxes;
    struct error err = ERROR_INIT;
    list(json, &boxes);
    long chosen = box_choose(&boxes, name, folder, running, &err);
    if (expected) {
        assert_true(chosen >= 0);
        assert_string_equal(boxes.items[chosen].name, expected);
    } else {
        assert_int_equal(chosen, -1);
        assert_int_equal(err.status, EXIT_CLAUDEX);
        for (size_t i = 0; i < boxes.count; i++)
            assert_int_equal(!!strstr(err.text, boxes.items[i].name),
                             !running || box_is_running(&boxes.items[i]));
    }
    boxes_free(&boxes);
}

static void by_name_and_its_short_forms(void **state)
{
    (void)state;
    chooses(three, "claudex-app-0a1b2c3d", NULL, false, "claudex-app-0a1b2c3d");
    chooses(three, "app-0a1b2c3d", NULL, false, "claudex-app-0a1b2c3d");
    chooses(three, "app", NULL, false, "claudex-app-0a1b2c3d");
    chooses(three, "mine", NULL, false, "mine");
    chooses(three, "min", NULL, false, NULL);
    chooses(three, "ap", NULL, false, NULL);
    chooses(three, "claudex", NULL, false, NULL);
    chooses(three, "", NULL, false, NULL);
    chooses(three, "web", NULL, false, "claudex-web-11112222");
    chooses(three, "web", NULL, true, NULL);
    /* By what `docker ps` shows of its id. */
    chooses(three, "claudex-app-0a1b2c3d01", NULL, false, "claudex-app-0a1b2c3d");
}

static void by_folder(void **state)
{
    (void)state;
    chooses(three, NULL, "/home/ann/app", false, "claudex-app-0a1b2c3d");
    chooses(three, NULL, "/home/ann/app/src/deep", false, "claudex-app-0a1b2c3d");
    chooses(three, NULL, "/home/ann/app/sub", false, "mine");
    chooses(three, NULL, "/srv/x", false, "claudex-web-11112222");
    chooses(three, NULL, "/home/ann/application", true, NULL);
    chooses(three, NULL, "/elsewhere", false, NULL);
    chooses(three, NULL, NULL, false, NULL);
}

static void the_only_one_running(void **state)
{
    static const char one[] =
        "[" BOX("a1", "exited", FOLDER("/a")) "," BOX("b1", "running", FOLDER("/b")) "]";
    static const char kept[] = "[" BOX("a1", "exited", FOLDER("/a")) "]";
    (void)state;
    chooses(one, NULL, "/elsewhere", false, "b1");
    chooses(one, NULL, "/elsewhere", true, "b1");
    chooses(kept, NULL, "/elsewhere", false, "a1");
    chooses(kept, NULL, "/elsewhere", true, NULL);
    chooses("[]", NULL, "/elsewhere", false, NULL);
}

static void of_two_that_fit_the_running_one(void **state)
{
    static const char both[] = "[" BOX("a1", "exited", FOLDER("/a")) "," BOX(
        "a2", "running", FOLDER("/a")) "," BOX("a3", "exited", FOLDER("/a")) "]";
    static const char neither[] =
        "[" BOX("a1", "exited", FOLDER("/a")) "," BOX("a3", "exited", FOLDER("/a")) "]";
    (void)state;
    chooses(both, NULL, "/a", false, "a2");
    chooses(both, NULL, "/a", true, "a2");
    chooses(neither, NULL, "/a", false, NULL);
}

static void two_of_one_folder_are_told_and_not_guessed(void **state)
{
    static const char twice[] = "[" BOX("claudex-a-00000001", "running", FOLDER("/a")) "," BOX(
        "claudex-a-00000001-2", "running", FOLDER("/a")) "]";
    (void)state;
    chooses(twice, NULL, "/a", true, NULL);
    chooses(twice, "a-00000001-2", NULL, true, "claudex-a-00000001-2");
    chooses(twice, "a", NULL, true, "claudex-a-00000001");
}

static void a_box_of_compose_tells_its_folders_by_its_mounts(void **state)
{
    static const char by_compose[] =
        "[{\"Id\":\"0123456789ab\",\"Names\":[\"/app-agent-1\"],\"State\":\"running\",\"Labels\":{},"
        "\"Mounts\":[{\"Type\":\"volume\",\"Name\":\"v\",\"Destination\":\"/workspace/v\"},"
        "{\"Type\":\"bind\",\"Source\":\"/x/App\",\"Destination\":\"/workspace/app\"},"
        "{\"Type\":\"bind\",\"Source\":\"/x/d\",\"Destination\":\"/workspace/app/d\"}]}]";
    struct boxes boxes;
    (void)state;
    list(by_compose, &boxes);
    assert_string_equal(box_label(&boxes.items[0], LABEL_FOLDERS), "[\"/x/App\"]");
    assert_int_equal(box_fit(&boxes, NULL, "/x/App/src", true), 0);
    assert_int_equal(box_fit(&boxes, NULL, "/x/d", true), -1);
    boxes_free(&boxes);
}

static void survives_odd_answers(void **state)
{
    struct boxes boxes;
    struct error err = ERROR_INIT;
    (void)state;
    list(
        "[{}, {\"Names\":[]}, {\"Names\":[\"/\\u001b]0;x\"],\"Labels\":{\"io.claudex.folders\":\"{\"}}]",
        &boxes);
    assert_int_equal(boxes.count, 3);
    assert_string_equal(boxes.items[0].name, "");
    assert_string_equal(box_label(&boxes.items[0], LABEL_FOLDERS), "");
    assert_int_equal(box_choose(&boxes, NULL, "/a", false, &err), -1);
    assert_null(strchr(err.text, '\x1b'));
    boxes_free(&boxes);
    answer = "{";
    assert_int_equal(box_list(NULL, false, &boxes, &err), -1);
    boxes_free(&boxes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_tell_the_folder),
        cmocka_unit_test(the_digits_are_of_the_sorted_paths),
        cmocka_unit_test(by_name_and_its_short_forms),
        cmocka_unit_test(by_folder),
        cmocka_unit_test(the_only_one_running),
        cmocka_unit_test(of_two_that_fit_the_running_one),
        cmocka_unit_test(two_of_one_folder_are_told_and_not_guessed),
        cmocka_unit_test(a_box_of_compose_tells_its_folders_by_its_mounts),
        cmocka_unit_test(survives_odd_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
