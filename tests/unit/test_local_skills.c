/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/session/skills.c plugin/archive/archive.c plugin/archive/lib.c plugin/lazy.c
 * plugin/archive/place.c plugin/archive/reader.c plugin/archive/unpack.c */
/* The user's own folders as skills: what one of them lacks is not the others' business. */
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

#include "plugin/session/skills.h"
#include "shared/cleanup.h"
#include "shared/names.h"
#include "shared/skill_source.h"

enum { NOBODY = 65534, ARCHIVE_MAX = 1 << 20 };

static char folder[] = "/tmp/claudex-skills-XXXXXX";

/* A skill of one file, which `bytes` long may be sparse. */
static void make(const char *name, const char *file, mode_t mode, off_t bytes)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(mkdir(path, 0755), 0);
    (void)snprintf(path, sizeof path, "%s/%s/%s", folder, name, file);
    cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, bytes), 0);
}

static int set_up(void **state)
{
    char path[128];
    (void)state;
    (void)umask(022);
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chmod(folder, 0755), 0);
    make("good", "SKILL.md", 0644, 10);
    make("secret", "SKILL.md", 0, 10);
    make("closed", "SKILL.md", 0644, 10);
    (void)snprintf(path, sizeof path, "%s/closed", folder);
    assert_int_equal(chmod(path, 0), 0);
    make("large", "blob", 0644, (off_t)SKILL_BYTES_MAX + 1);
    make("many", "SKILL.md", 0644, 10);
    for (int i = 0; i < SKILL_FILES_MAX; i++) {
        (void)snprintf(path, sizeof path, "%s/many/%d", folder, i);
        cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        assert_true(fd >= 0);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[64];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command); /* a test's own folder */
}

/* As a user who is not root: whom modes hold. What came into the archive, with a NUL behind;
 * NULL with *err. The caller frees. */
static char *add(const char *const *names, const char *word, struct error *err)
{
    struct strings skills = {0};
    struct archive_writer *writer = archive_writer_new(err);
    char text[160], *bytes = NULL;
    for (; *names; names++) {
        (void)snprintf(text, sizeof text, "%s=%s/%s%s", *names, folder, *names, word);
        assert_int_equal(strings_add(&skills, text), 0);
    }
    assert_non_null(writer);
    assert_int_equal(seteuid(getuid() == 0 ? NOBODY : getuid()), 0);
    int failed = skills_add(writer, &skills, err);
    assert_int_equal(seteuid(getuid()), 0);
    if (!failed) {
        assert_non_null(bytes = calloc(1, ARCHIVE_MAX));
        assert_int_equal(archive_finish(writer, err), 0);
        assert_true(archive_source(writer, bytes, ARCHIVE_MAX - 1, err) > 0);
        /* The names are what is looked for; NULs lie around them. */
        for (size_t i = 0; i + 1 < ARCHIVE_MAX; i++)
            if (!bytes[i])
                bytes[i] = ' ';
    }
    strings_free(&skills);
    archive_writer_free(&writer);
    return bytes;
}

static void one_that_cannot_be_had_is_left_out(void **state)
{
    static const char *const names[] = {"secret", "closed", "large", "many",
                                        "none",   "good",   NULL};
    struct error err = ERROR_INIT;
    (void)state;
    cleanup_free char *bytes = add(names, "", &err);
    assert_non_null(bytes);
    assert_non_null(strstr(bytes, "/good/SKILL.md"));
    for (size_t i = 0; i + 2 < array_length(names); i++)
        assert_null(strstr(bytes, names[i]));
}

static void one_that_is_required_is_an_error(void **state)
{
    static const struct {
        const char *name, *why;
    } cases[] = {
        {"secret", "/secret/SKILL.md: Permission denied"},
        {"closed", "/closed: Permission denied"},
        {"large", "it is larger than 50 MB"},
        {"many", "it has more than 5000 files"},
        {"none", "/none: No such file or directory"},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        const char *const names[] = {cases[i].name, NULL};
        struct error err = ERROR_INIT;
        assert_null(add(names, " required", &err));
        assert_non_null(strstr(err.text, "is required, and could not be had: "));
        if (!strstr(err.text, cases[i].why))
            fail_msg("%s: %s", cases[i].name, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_cannot_be_had_is_left_out),
        cmocka_unit_test(one_that_is_required_is_an_error),
    };
    return cmocka_run_group_tests_name("local skills", tests, set_up, tear_down);
}
