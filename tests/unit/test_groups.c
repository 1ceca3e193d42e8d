/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/policy/groups.c */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin/image/image.h"
#include "plugin/policy/groups.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/names.h"
#include "shared/parse.h"

/* The checkout's, where tests run. */
char *image_data_folder(struct error *err)
{
    (void)err;
    return strdup(".");
}

static char home[] = "/tmp/claudex-groups-XXXXXX";

static void comments_and_blanks_are_no_hosts(void **state)
{
    struct strings patterns = {0};
    struct error err = ERROR_INIT;
    (void)state;
    assert_int_equal(groups_parse("# a\n\n  api.example.com  # why\r\n*.b.example:8443\n\t\n",
                                  "f", &patterns, &err),
                     0);
    assert_int_equal(patterns.count, 2);
    assert_string_equal(patterns.items[0], "api.example.com");
    assert_string_equal(patterns.items[1], "*.b.example:8443");
    strings_free(&patterns);
}

static void every_bad_line_is_told(void **state)
{
    struct strings patterns = {0};
    struct error err = ERROR_INIT;
    (void)state;
    assert_int_equal(
        groups_parse("https://a.b\nok.example\nx y\n", "the/file", &patterns, &err), -1);
    assert_int_equal(err.status, EXIT_CLAUDEX);
    assert_non_null(strstr(err.text, "the/file:1: "));
    assert_non_null(strstr(err.text, "the/file:3: "));
    strings_free(&patterns);
}

static void write_group(const char *name, const char *text)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/claudex/groups", home);
    assert_int_equal(make_folders(path, 0700), 0);
    cleanup_fd int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(write_file_atomic(folder, name, text, strlen(text), 0600), 0);
}

static int expand(struct session *session, const char *group, struct error *err)
{
    if (group)
        assert_int_equal(strings_add(&session->network.groups, group), 0);
    return groups_expand(session, err);
}

static void who_says_nothing_gets_the_usual_ones(void **state)
{
    cleanup_session struct session session = {.run.pids = 0};
    struct error err = ERROR_INIT;
    (void)state;
    if (expand(&session, NULL, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(session.network.groups.count, 5);
    assert_true(session.network.allow.count > session.network.api.count);
    assert_true(session.network.api.count > 0);
}

static void a_users_group_goes_before_ours(void **state)
{
    cleanup_session struct session session = {.run.pids = 0};
    struct error err = ERROR_INIT;
    (void)state;
    write_group("npm", "npm.example.com # ours\n");
    if (expand(&session, "npm", &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(session.network.allow.count, 1);
    assert_string_equal(session.network.allow.items[0], "npm.example.com");
}

static void an_unknown_group_lists_the_known(void **state)
{
    cleanup_session struct session session = {.run.pids = 0};
    struct error err = ERROR_INIT;
    (void)state;
    assert_int_equal(expand(&session, "nmp", &err), -1);
    assert_non_null(strstr(err.text, "no group 'nmp'"));
    assert_non_null(strstr(err.text, " npm"));
}

static void more_rules_than_a_box_takes_are_told(void **state)
{
    char name[300];
    (void)state;
    for (int long_names = 0; long_names < 2; long_names++) {
        cleanup_session struct session session = {.run.pids = 0};
        struct error err = ERROR_INIT;
        for (int i = 0; i < (long_names ? 6000 : GROUP_RULES_MAX); i++) {
            (void)snprintf(name, sizeof name, "h%d.%s", i,
                           long_names
                               ? "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a."
                                 "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a."
                                 "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.com"
                               : "example.com");
            assert_int_equal(strings_add(&session.network.allow, name), 0);
        }
        assert_int_equal(expand(&session, "npm", &err), -1);
        assert_non_null(strstr(err.text, "at most"));
    }
}

static void a_file_with_a_million_is_told_what_a_box_takes(void **state)
{
    cleanup_session struct session session = {.run.pids = 0};
    cleanup_buf struct buf text = BUF_INIT(64 << 20);
    struct error err = ERROR_INIT;
    (void)state;
    for (int i = 0; i < 1000000; i++)
        assert_int_equal(buf_printf(&text, "h%d.example.com\n", i), 0);
    write_group("million", text.data);
    assert_int_equal(expand(&session, "million", &err), -1);
    assert_int_equal(err.status, EXIT_CLAUDEX);
    assert_non_null(strstr(err.text, "groups/million is larger than 1024 KiB"));
    assert_non_null(strstr(err.text, "15000 hosts"));
    assert_non_null(strstr(err.text, "refused anyway"));
}

/* Each file that comes with claudex: its lines parse, each says why, none twice, and no
 * wildcard lies over a zone in which strangers can register. */
static void our_own_are_as_they_should_be(void **state)
{
    static const char *const strangers[] = {"github.io",         "githubusercontent.com",
                                            "amazonaws.com",     "cloudfront.net",
                                            "web.app",           "vercel.app",
                                            "netlify.app",       "pages.dev",
                                            "workers.dev",       "herokuapp.com",
                                            "azurewebsites.net", "googleapis.com",
                                            "readthedocs.io"};
    cleanup_dir DIR *dir = opendir("groups");
    (void)state;
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        cleanup_buf struct buf text = BUF_INIT(GROUP_FILE_MAX);
        struct strings patterns = {0};
        struct error err = ERROR_INIT;
        if (entry->d_name[0] == '.')
            continue;
        assert_int_equal(read_regular_file(dirfd(dir), entry->d_name, &text), 0);
        if (groups_parse(text.data, entry->d_name, &patterns, &err) < 0)
            fail_msg("%s", err.text);
        for (size_t i = 0; i < patterns.count; i++) {
            struct host_pattern pattern;
            assert_int_equal(parse_host_pattern(patterns.items[i], &pattern, NULL), 0);
            for (size_t k = 0; k < array_length(strangers); k++)
                if (pattern.kind == HOST_WILDCARD && strcmp(pattern.name, strangers[k]) == 0)
                    fail_msg("groups/%s: %s is open to strangers", entry->d_name,
                             patterns.items[i]);
            for (size_t k = 0; k < i; k++)
                if (strcmp(patterns.items[i], patterns.items[k]) == 0)
                    fail_msg("groups/%s: %s twice", entry->d_name, patterns.items[i]);
        }
        strings_free(&patterns);
    }
}

static int make_home(void **state)
{
    (void)state;
    return !mkdtemp(home) || setenv("XDG_CONFIG_HOME", home, 1) != 0;
}

static int remove_home(void **state)
{
    char command[128];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -r -- %s", home);
    return system(command); /* of our own making: mkdtemp's name */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comments_and_blanks_are_no_hosts),
        cmocka_unit_test(every_bad_line_is_told),
        cmocka_unit_test(who_says_nothing_gets_the_usual_ones),
        cmocka_unit_test(a_users_group_goes_before_ours),
        cmocka_unit_test(an_unknown_group_lists_the_known),
        cmocka_unit_test(a_file_with_a_million_is_told_what_a_box_takes),
        cmocka_unit_test(more_rules_than_a_box_takes_are_told),
        cmocka_unit_test(our_own_are_as_they_should_be),
    };
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
