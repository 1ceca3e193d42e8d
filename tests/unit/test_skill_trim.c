/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes from the cache of skills, and what does not. */
/* uses: init/home/skill_trim.c init/home/skill_cache.c init/home/skill_tree.c
 * init/home/place.c init/privs.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/home/place.h"
#include "init/home/skill_trim.h"
#include "shared/cleanup.h"

static char folder[] = "/tmp/test-skill-trim-XXXXXX";

static void the_least_recently_used_go_first(void **state)
{
    (void)state;
    struct skill_kept list[SKILL_CACHE_MAX + 3];
    const size_t count = sizeof list / sizeof *list;
    for (size_t i = 0; i < count; i++)
        list[i] = (struct skill_kept){.used = (int64_t)(i * 7 % count), .bytes = 1};
    skill_trim_choose(list, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(list[i].used, count - 1 - i);
        assert_int_equal(list[i].drop, i >= SKILL_CACHE_MAX);
    }
    skill_trim_choose(list, SKILL_CACHE_MAX);
    assert_false(list[SKILL_CACHE_MAX - 1].drop);
}

static void too_many_bytes_are_too_much(void **state)
{
    (void)state;
    struct skill_kept list[] = {
        {.used = 3, .bytes = SKILL_CACHE_BYTES / 2},
        {.used = 2, .bytes = SKILL_CACHE_BYTES / 2},
        {.used = 1, .bytes = 1},
    };
    skill_trim_choose(list, 3);
    assert_false(list[0].drop);
    assert_false(list[1].drop);
    assert_true(list[2].drop);
}

/* Number i of the cache, used i seconds after 1970; and a reference to it. */
static void put(int cache, unsigned i)
{
    char key[SKILL_KEY_SIZE], path[128], commit[SKILL_COMMIT_SIZE + 1];
    const struct timespec times[2] = {{.tv_sec = i}, {.tv_sec = i}};
    (void)snprintf(key, sizeof key, "%040x%s", i, i % 2 ? "" : "-0123456789abcdef");
    (void)snprintf(path, sizeof path, "%s/sub/file", key);
    assert_int_equal(place_file(cache, path, "x", 1, 0644), 0);
    assert_int_equal(utimensat(cache, key, times, 0), 0);
    (void)snprintf(commit, sizeof commit, "%040x\n", i);
    (void)snprintf(path, sizeof path, "refs/%u", i);
    assert_int_equal(place_file(cache, path, commit, SKILL_COMMIT_SIZE, 0600), 0);
}

static size_t entries(int cache, const char *name)
{
    size_t count = 0;
    int fd = openat(cache, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cleanup_dir DIR *dir = fdopendir(fd);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    return count;
}

static bool there(int cache, unsigned i)
{
    struct stat st;
    char key[SKILL_KEY_SIZE];
    (void)snprintf(key, sizeof key, "%040x%s", i, i % 2 ? "" : "-0123456789abcdef");
    return fstatat(cache, key, &st, 0) == 0;
}

static void what_is_used_stays_and_references_go_along(void **state)
{
    (void)state;
    char key[SKILL_KEY_SIZE];
    cleanup_fd int cache = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (unsigned i = 1; i <= SKILL_CACHE_MAX + 4; i++)
        put(cache, i);
    /* As another box would: of the oldest, whose use is undone by its date. */
    (void)snprintf(key, sizeof key, "%040x", 1);
    cleanup_fd int used = skill_trim_use(cache, key);
    assert_true(used >= 0);
    const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    assert_int_equal(futimens(used, times), 0);
    skill_trim(cache, getuid());
    assert_true(there(cache, 1));
    assert_false(there(cache, 2));
    assert_false(there(cache, 4));
    assert_true(there(cache, 5));
    assert_true(there(cache, SKILL_CACHE_MAX + 4));
    assert_int_equal(entries(cache, "."), SKILL_CACHE_MAX + 2); /* with refs */
    assert_int_equal(entries(cache, "refs"), SKILL_CACHE_MAX + 1);
    /* Used now, it is the newest. */
    close(take_fd(&used));
    used = skill_trim_use(cache, key);
    skill_trim(cache, getuid());
    assert_true(there(cache, 1));
    assert_false(there(cache, 5));
    (void)snprintf(key, sizeof key, "%040x", 3);
    assert_int_equal(skill_trim_use(cache, key), -1);
}

static int make(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int unmake(void **state)
{
    (void)state;
    return place_remove(AT_FDCWD, folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_recently_used_go_first),
        cmocka_unit_test(too_many_bytes_are_too_much),
        cmocka_unit_test(what_is_used_stays_and_references_go_along),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
