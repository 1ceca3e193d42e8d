/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/session/home_files.c plugin/archive/archive.c plugin/archive/lib.c plugin/lazy.c
 * plugin/archive/place.c plugin/archive/reader.c plugin/archive/unpack.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin/session/home_files.h"
#include "shared/cleanup.h"

static char folder[] = "/tmp/claudex-home-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) && setenv("HOME", folder, 1) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char command[64];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command); /* a test's own folder */
}

static void what_is_of_the_home_keeps_its_place(void **state)
{
    (void)state;
    const struct {
        const char *path, *place;
    } cases[] = {
        {"/h/u/.claude/settings.json", ".claude/settings.json"},
        {"/h/u/.gitconfig", ".gitconfig"},
        {"/h/u//x", "x"},
        {"/h/user/x", "x"},
        {"/etc/motd", "motd"},
        {"notes", "notes"},
        {"/h/u", "u"},
        {"/", NULL},
        {"/h/u/", NULL},
        {"/h/u/../x", NULL},
        {"/h/u/a/../../x", NULL},
        {"/etc/..", NULL},
        {".", NULL},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        const char *place = home_files_place(cases[i].path, "/h/u/");
        if (cases[i].place)
            assert_string_equal(place, cases[i].place);
        else
            assert_null(place);
    }
    assert_string_equal(home_files_place("/a/b", NULL), "b");
    assert_string_equal(home_files_place("/a/b", ""), "b");
}

static int add(const char *name, const char *text, struct error *err)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/.claude", folder);
    (void)mkdir(path, 0700);
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    if (text) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_int_equal(fputs(text, file) >= 0, 1);
        assert_int_equal(fclose(file), 0);
    }
    struct strings paths = {0};
    *err = (struct error)ERROR_INIT;
    struct archive_writer *writer = archive_writer_new(err);
    assert_non_null(writer);
    assert_int_equal(strings_add(&paths, path), 0);
    int result = home_files_add(writer, &paths, err);
    strings_free(&paths);
    archive_writer_free(&writer);
    return result;
}

static void settings_have_to_be_an_object(void **state)
{
    (void)state;
    struct error err;
    assert_int_equal(add(".claude/settings.json", "{\"a\": 1}", &err), 0);
    assert_int_equal(add(".claude/settings.json", "{\n\"a\": \n}", &err), -1);
    assert_non_null(strstr(err.text, "settings.json:3: "));
    assert_int_equal(add(".claude/settings.json", "[]", &err), -1);
    assert_non_null(strstr(err.text, "expected a JSON object"));
    assert_int_equal(add(".claude.json", "", &err), -1);
    assert_int_equal(add("other.json", "nonsense", &err), 0);
}

static void what_is_not_there_is_named(void **state)
{
    (void)state;
    struct error err;
    assert_int_equal(add("missing", NULL, &err), -1);
    assert_non_null(strstr(err.text, "missing: No such file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_of_the_home_keeps_its_place),
        cmocka_unit_test(settings_have_to_be_an_object),
        cmocka_unit_test(what_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
