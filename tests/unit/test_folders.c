/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/session/folders.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/session/folders.h"
#include "shared/cleanup.h"
#include "shared/names.h"

static const struct folder_limits nothing = {0};

/* --- pure ----------------------------------------------------------------------------- */

static void refusals(void **state)
{
    static const struct folder_limits ann = {.home = "/home/ann", .socket = "/run/docker.sock"},
                                      forced = {.home = "/home/ann",
                                                .socket = "/run/docker.sock",
                                                .force = true};
    static const struct {
        const char *path;
        bool refused, forcible;
    } rows[] = {
        {"/home/ann/app", false, false}, {"/home/ann", true, true},
        {"/home", true, true},           {"/", true, true},
        {"/home/annabel", false, false}, {"/etc", true, true},
        {"/etc/app", false, false},      {"/proc", true, false},
        {"/proc/1/root", true, false},   {"/sys/fs", true, false},
        {"/dev/shm", true, false},       {"/device", false, false},
        {"/run", true, false},           {"/run/app", false, false},
        {"/srv/app", false, false},      {"/usr", true, true},
        {"/usr/src/app", false, false},
    };
    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        bool forcible;
        assert_int_equal(folder_refusal(rows[i].path, &ann, &forcible) != NULL,
                         rows[i].refused);
        if (rows[i].refused)
            assert_int_equal(forcible, rows[i].forcible);
        assert_int_equal(folder_refusal(rows[i].path, &forced, &forcible) != NULL,
                         rows[i].refused && !rows[i].forcible);
    }
}

static void pairs(void **state)
{
    static const struct {
        struct folder a, b;
        const char *says; /* NULL: fine */
    } rows[] = {
        {{.path = (char *)"/x/a", .name = (char *)"a", .device = 1, .inode = 1},
         {.path = (char *)"/x/b", .name = (char *)"b", .device = 1, .inode = 2},
         NULL},
        {{.path = (char *)"/x/a", .name = (char *)"a", .device = 1, .inode = 1},
         {.path = (char *)"/y/a", .name = (char *)"a", .device = 1, .inode = 2},
         "rename"},
        {{.path = (char *)"/x/a", .name = (char *)"a", .device = 1, .inode = 1},
         {.path = (char *)"/x/a", .name = (char *)"a", .device = 1, .inode = 1},
         "twice"},
        {{.path = (char *)"/x/a", .name = (char *)"a", .device = 1, .inode = 1, .owner = 7},
         {.path = (char *)"/x/b", .name = (char *)"b", .device = 1, .inode = 2, .owner = 8},
         "owner"},
        {{.path = (char *)"/x/a", .name = (char *)"a", .device = 1, .inode = 1, .owner = 7},
         {.path = (char *)"/x/b",
          .name = (char *)"b",
          .device = 1,
          .inode = 2,
          .owner = 8,
          .read_only = true},
         NULL},
        {{.path = (char *)"/x/a", .name = (char *)"a", .device = 1, .inode = 1},
         {.path = (char *)"/x/b", .name = (char *)"b", .device = 2, .inode = 1},
         NULL},
    };
    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct folder two[] = {rows[i].a, rows[i].b};
        const struct folders folders = {.items = two, .count = 2};
        struct error err = ERROR_INIT;
        assert_int_equal(folders_check(&folders, BOX_WORKSPACE, &err), rows[i].says ? -1 : 0);
        if (rows[i].says)
            assert_non_null(strstr(err.text, rows[i].says));
    }
}

static void owner_of_what_may_be_written(void **state)
{
    struct folder two[] = {{.read_only = true, .owner = 1}, {.owner = 2}};
    const struct folders both = {.items = two, .count = 2}, first = {.items = two, .count = 1},
                         none = {0};
    (void)state;
    assert_int_equal(folders_owner(&both), 2);
    assert_int_equal(folders_owner(&first), 1);
    assert_int_equal(folders_owner(&none), (uid_t)-1);
}

/* --- real folders --------------------------------------------------------------------- */

static char top[64];

static int make_top(void **state)
{
    (void)state;
    strcpy(top, "/tmp/clx-folders-XXXXXX");
    return mkdtemp(top) && chdir(top) == 0 ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static int remove_top(void **state)
{
    (void)state;
    return nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void adds(const char *text, bool read_only, const char *name)
{
    cleanup_folders struct folders folders = {0};
    struct error err = ERROR_INIT;
    struct stat st;
    int failed = folders_add(&folders, text, false, &nothing, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(failed, 0);
    const struct folder *folder = &folders.items[0];
    assert_string_equal(folder->name, name);
    assert_int_equal(folder->path[0], '/');
    assert_int_equal(folder->read_only, read_only);
    assert_int_equal(fstat(folder->fd, &st), 0);
    assert_int_equal(folder->inode, st.st_ino);
    assert_int_equal(folder->device, st.st_dev);
    assert_int_equal(folder->owner, st.st_uid);
}

static void says(const char *text, const char *part)
{
    cleanup_folders struct folders folders = {0};
    struct error err = ERROR_INIT;
    assert_int_equal(folders_add(&folders, text, false, &nothing, &err), -1);
    assert_int_equal(err.status, EXIT_CLAUDEX);
    assert_null(strchr(err.text, '\x1b'));
    if (!strstr(err.text, part))
        fail_msg("'%s' lacks '%s'", err.text, part);
}

static void takes_folders_as_they_are_typed(void **state)
{
    (void)state;
    assert_int_equal(mkdir("app", 0755) | mkdir("a b;c", 0755) | mkdir("x:ro", 0755), 0);
    assert_int_equal(symlink("app", "link"), 0);
    adds("app", false, "app");
    adds("./app/", false, "app");
    adds("app/../app:ro", true, "app");
    adds("app:rw", false, "app");
    adds("link", false, "app");
    adds("a b;c", false, "a b;c");
    adds("x:ro:ro", true, "x:ro");
}

static void refuses_in_words(void **state)
{
    (void)state;
    FILE *file = fopen("file", "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(symlink("nowhere", "dangling") | symlink("b", "a") | symlink("a", "b"), 0);
    assert_int_equal(
        mkdir("new\nline", 0755) | mkdir("esc\x1b[2J", 0755) | mkdir("not\xffutf8", 0755), 0);
    says("missing", "no such folder");
    says("dangling", "no such folder");
    says("file", "not a folder");
    says("file/x", "not a folder");
    says("a", "circle");
    says("new\nline", "rename");
    says("esc\x1b[2J", "rename");
    says("not\xffutf8", "rename");
    says("", "no such folder");
    says("/", "--force");
}

static void what_we_may_not_touch(void **state)
{
    (void)state;
    if (geteuid() == 0) {
        print_message("skip: root may do all\n");
        skip();
    }
    assert_int_equal(mkdir("locked", 0) | mkdir("shown", 0555), 0);
    says("locked", "permission denied");
    says("shown", ":ro");
    adds("shown:ro", true, "shown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals),
        cmocka_unit_test(pairs),
        cmocka_unit_test(owner_of_what_may_be_written),
        cmocka_unit_test_setup_teardown(takes_folders_as_they_are_typed, make_top, remove_top),
        cmocka_unit_test_setup_teardown(refuses_in_words, make_top, remove_top),
        cmocka_unit_test_setup_teardown(what_we_may_not_touch, make_top, remove_top),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
