/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/home/place.c */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "init/home/place.h"
#include "shared/buf.h"
#include "shared/cleanup.h"

static char folder[] = "/tmp/claudex-place-XXXXXX";
static int home;

static int set_up(void **state)
{
    (void)state;
    (void)strcpy(folder + sizeof folder - 7, "XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    home = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return home < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(home);
    return place_remove(AT_FDCWD, folder);
}

static void holds(const char *path, const char *expected)
{
    cleanup_buf struct buf text = BUF_INIT(64);
    assert_int_equal(place_read(home, path, &text), 0);
    assert_string_equal(text.data, expected);
}

static void files_come_with_their_folders(void **state)
{
    (void)state;
    struct stat st;
    assert_int_equal(place_file(home, "a/b/c", "one", 3, 0600), 0);
    holds("a/b/c", "one");
    assert_int_equal(place_file(home, "a/b/c", "two", 3, 0640), 0);
    holds("a/b/c", "two");
    assert_int_equal(fstatat(home, "a/b/c", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(fstatat(home, "a/b", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(faccessat(home, "a/b/c.claudex", F_OK, 0), -1);
}

static void no_link_is_followed(void **state)
{
    (void)state;
    assert_int_equal(mkdirat(home, "real", 0700), 0);
    assert_int_equal(symlinkat("real", home, "link"), 0);
    assert_int_equal(place_file(home, "link/file", "x", 1, 0600), -1);
    assert_true(errno == ELOOP || errno == ENOTDIR);
    assert_int_equal(symlinkat("/etc/hostname", home, "file"), 0);
    cleanup_buf struct buf text = BUF_INIT(64);
    assert_int_equal(place_read(home, "file", &text), -1);
    assert_int_equal(errno, ELOOP);
    /* One that lies in a file's place is replaced. */
    assert_int_equal(place_file(home, "file", "x", 1, 0600), 0);
    holds("file", "x");
}

static void a_path_does_not_climb(void **state)
{
    (void)state;
    assert_int_equal(place_file(home, "../x", "x", 1, 0600), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(place_file(home, "a/../../x", "x", 1, 0600), -1);
}

static void only_plain_files_are_read(void **state)
{
    (void)state;
    cleanup_buf struct buf text = BUF_INIT(4);
    assert_int_equal(mkfifoat(home, "fifo", 0600), 0);
    assert_int_equal(place_read(home, "fifo", &text), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(mkdirat(home, "folder", 0700), 0);
    assert_int_equal(place_read(home, "folder", &text), -1);
    assert_int_equal(place_file(home, "one", "x", 1, 0600), 0);
    assert_int_equal(linkat(home, "one", home, "two", 0), 0);
    assert_int_equal(place_read(home, "two", &text), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(place_file(home, "large", "12345", 5, 0600), 0);
    assert_int_equal(place_read(home, "large", &text), -1);
    assert_int_equal(errno, E2BIG);
    assert_int_equal(place_read(home, "none/none", &text), -1);
    assert_int_equal(errno, ENOENT);
}

static void removing_takes_all_and_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(place_file(home, "keep/file", "x", 1, 0600), 0);
    assert_int_equal(place_file(home, "go/a/b", "x", 1, 0600), 0);
    assert_int_equal(symlinkat("../keep", home, "go/link"), 0);
    assert_int_equal(fchmodat(home, "go/a", 0, 0), 0);
    assert_int_equal(place_remove(home, "go"), 0);
    assert_int_equal(faccessat(home, "go", F_OK, 0), -1);
    holds("keep/file", "x");
    assert_int_equal(place_remove(home, "go"), 0);
}

static void a_tree_without_end_is_not_walked(void **state)
{
    (void)state;
    enum { DEPTH = 300 };
    char path[2 * DEPTH + 1] = "";
    for (int i = 0; i < DEPTH; i++)
        (void)strcat(path, i ? "/d" : "d");
    int deepest = place_folder(home, path, 1);
    assert_true(deepest >= 0);
    close(deepest);
    assert_int_equal(place_remove(home, "d"), -1);
    assert_int_equal(errno, ENAMETOOLONG);
    path[DEPTH - 1] = '\0'; /* half of it, for tear_down */
    assert_int_equal(renameat(home, path, home, "e"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_come_with_their_folders),
        TEST(no_link_is_followed),
        TEST(a_path_does_not_climb),
        TEST(only_plain_files_are_read),
        TEST(removing_takes_all_and_nothing_else),
        TEST(a_tree_without_end_is_not_walked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
