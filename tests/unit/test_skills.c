/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a skill comes from, what its text has to be, and what may lie in its folder. */
/* uses: init/home/skill_text.c init/home/skill_tree.c init/home/place.c */
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
#include "init/home/skill_text.h"
#include "init/home/skill_tree.h"
#include "shared/cleanup.h"
#include "shared/skill_source.h"

#define COMMIT "0123456789abcdef0123456789abcdef01234567"

static void sources(void **state)
{
    (void)state;
    static const struct {
        const char *text, *url, *path, *ref;
        bool is_commit, required;
    } cases[] = {
        {"github:a/b", "https://github.com/a/b", "", "", false, false},
        {"github:a/b@v1", "https://github.com/a/b", "", "v1", false, false},
        {"github:a/b/c/d@feature/x required", "https://github.com/a/b", "c/d", "feature/x",
         false, true},
        {"github:a/b/c/d@v1.0 required", "https://github.com/a/b", "c/d", "v1.0", false, true},
        {"github:a/b@" COMMIT, "https://github.com/a/b", "", COMMIT, true, false},
        {"https://h:8443/x/y.git//s/t@main", "https://h:8443/x/y.git", "s/t", "main", false,
         false},
        {"https://10.0.0.1/~me/y", "https://10.0.0.1/~me/y", "", "", false, false},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct skill_source source;
        const char *why;
        int result = skill_source_parse(cases[i].text, &source, &why);
        assert_int_equal(result, 0);
        assert_string_equal(source.url, cases[i].url);
        assert_string_equal(source.path, cases[i].path);
        assert_string_equal(source.ref, cases[i].ref);
        assert_int_equal(source.is_commit, cases[i].is_commit);
        assert_int_equal(source.required, cases[i].required);
    }
}

static void sources_by_ssh(void **state)
{
    (void)state;
    static const struct {
        const char *text, *url, *login, *port, *remote, *path, *ref;
    } cases[] = {
        {"git@github.com:acme/skill.git", "git@github.com:acme/skill.git", "git@github.com", "",
         "acme/skill.git", "", ""},
        {"me@host:/srv/x//a/b@v1 required", "me@host:/srv/x", "me@host", "", "/srv/x", "a/b",
         "v1"},
        {"me@host:~you/x", "me@host:~you/x", "me@host", "", "~you/x", "", ""},
        {"ssh://git@host:2222/srv/x.git//s@main", "ssh://git@host:2222/srv/x.git", "git@host",
         "2222", "/srv/x.git", "s", "main"},
        {"ssh://git@host/~/x@" COMMIT, "ssh://git@host/~/x", "git@host", "", "~/x", "", COMMIT},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct skill_source source;
        const char *why;
        if (skill_source_parse(cases[i].text, &source, &why) < 0)
            fail_msg("%s: %s", cases[i].text, why);
        assert_string_equal(source.url, cases[i].url);
        assert_string_equal(source.login, cases[i].login);
        assert_string_equal(source.port, cases[i].port);
        assert_string_equal(source.remote, cases[i].remote);
        assert_string_equal(source.path, cases[i].path);
        assert_string_equal(source.ref, cases[i].ref);
        assert_int_equal(source.is_commit, strcmp(source.ref, COMMIT) == 0);
    }
}

static void what_is_no_source(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "github:",
                                      "github:a",
                                      "github:a/",
                                      "github:a/b/",
                                      "github:a/b@",
                                      "github:a/b/../c@v",
                                      "github:a/b/.git",
                                      "github:-a/b",
                                      "github:a/b@-x",
                                      "github:a/b@../x",
                                      "http://h/x",
                                      "https://h",
                                      "https://u:p@h/x",
                                      "https:///x",
                                      "https://h/x//",
                                      "https://h/x//../y",
                                      "ssh://h/x",
                                      "ssh://u@h",
                                      "ssh://u@h/",
                                      "ssh://-oProxyCommand=x@h/x",
                                      "ssh://u@-oProxyCommand=x/x",
                                      "ssh://u@h:/x",
                                      "ssh://u@h:022/x",
                                      "ssh://u@h:123456/x",
                                      "ssh://u@h:65536/x",
                                      "ssh://u:p@h/x",
                                      "ssh://u@h/x'y",
                                      "ssh://u@h/x@../y",
                                      "ssh://u@h/x//../y",
                                      "u@h:",
                                      "u@h:-x",
                                      "u@h:x y",
                                      "u@h:$(x)",
                                      "-u@h:x",
                                      "u@-h:x",
                                      "file:///etc",
                                      "github:a/b c",
                                      "https://h/x y",
                                      "github:a/b@v1@v2/"};
    for (size_t i = 0; i < array_length(bad); i++) {
        struct skill_source source;
        const char *why = NULL;
        if (skill_source_parse(bad[i], &source, &why) == 0)
            fail_msg("taken: %s", bad[i]);
        assert_non_null(why);
    }
}

static void what_git_takes_and_we_do_not_says_what_to_write(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"ssh://github.com/acme/skill", "expected github:"},
        {"git+ssh://me@host/x", "write ssh://USER@HOST/PATH"},
        {"http://host/x", "unencrypted"},
        {"git://host/x", "unencrypted"},
        {"file:///x", "write /FOLDER"},
        {"github:acme/skill@a:b", "expected github:"},
        {"svn://host/x", "expected github:"},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct skill_source source;
        const char *why = NULL;
        assert_int_equal(skill_source_parse(cases[i][0], &source, &why), -1);
        if (!strstr(why, cases[i][1]))
            fail_msg("%s: %s", cases[i][0], why);
    }
}

static int text(const char *skill, struct error *err)
{
    *err = (struct error)ERROR_INIT;
    return skill_text_check(skill, strlen(skill), err);
}

static void front_matter(void **state)
{
    (void)state;
    struct error err;
    assert_int_equal(text("---\nname: a\ndescription: does a\n---\n# A\n", &err), 0);
    assert_int_equal(text("---\r\nname: a\r\ndescription: b\r\n---\r\n", &err), 0);
    assert_int_equal(
        text("---\nname: a\ndescription: |\n  more\n  lines\nlist: [1, 2]\n---", &err), 0);
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"", "does not begin"},
        {"# A\n", "does not begin"},
        {"--\nname: a\n---\n", "does not begin"},
        {"---\nname: a\ndescription: b\n", "no end"},
        {"---\nname: a\n---\n", "no description"},
        {"---\ndescription: a\n---\n", "no name"},
        {"---\nname:\ndescription: a\n---\n", "no name"},
        {"---\nname: [a]\ndescription: a\n---\n", "no name"},
        {"---\n- a\n---\n", "no list of KEY: VALUE"},
        {"---\n---\n", "no list of KEY: VALUE"},
        {"---\nname: \"a\ndescription: b\n---\n", "line "},
        {"---\nname: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
         "description: b\n---\n",
         "longer than 64"},
    };
    for (size_t i = 0; i < array_length(bad); i++) {
        assert_int_equal(text(bad[i].text, &err), -1);
        if (!strstr(err.text, bad[i].why))
            fail_msg("%s: %s", bad[i].text, err.text);
    }
}

static void names(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      ".",
                                      "..",
                                      "a/b",
                                      ".git",
                                      ".GIT",
                                      ".git.",
                                      ".git ",
                                      "git~1",
                                      "GIT~1",
                                      ".g\xe2\x80\x8cit"};
    static const char *const fine[] = {".gitignore", ".github", "git", "SKILL.md", "\xc3\xa4"};
    for (size_t i = 0; i < array_length(bad); i++)
        assert_false(skill_name_is_fine(bad[i]));
    for (size_t i = 0; i < array_length(fine); i++)
        assert_true(skill_name_is_fine(fine[i]));
}

static void links(void **state)
{
    (void)state;
    assert_true(skill_link_stays("a", 0));
    assert_true(skill_link_stays("../a", 1));
    assert_true(skill_link_stays("./a/../b", 0));
    assert_false(skill_link_stays("", 0));
    assert_false(skill_link_stays("/etc/passwd", 3));
    assert_false(skill_link_stays("../a", 0));
    assert_false(skill_link_stays("a/../../b", 0));
    assert_false(skill_link_stays("../../a", 1));
    assert_false(skill_link_stays("..", 0));
}

/* --- trees ------------------------------------------------------------------------------- */

static char folder[] = "/tmp/claudex-skill-XXXXXX";
static int tree;

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder + sizeof folder - 7, 7, "XXXXXX");
    tree = mkdtemp(folder) ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    return tree < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(tree);
    return place_remove(AT_FDCWD, folder);
}

static void refuses(const char *why)
{
    struct error err = ERROR_INIT;
    struct skill_count count;
    assert_int_equal(skill_tree_settle(tree, 0, &count, &err), -1);
    if (!strstr(err.text, why))
        fail_msg("%s", err.text);
}

static void settles_owner_and_modes(void **state)
{
    (void)state;
    struct stat st;
    struct error err = ERROR_INIT;
    struct skill_count count;
    if (geteuid() != 0) {
        print_message("skip: only root gives files away\n");
        skip();
    }
    assert_int_equal(place_file(tree, "a/b", "text", 4, 0600), 0);
    assert_int_equal(place_file(tree, "a/run", "text", 4, 06711), 0);
    assert_int_equal(symlinkat("b", tree, "a/link"), 0);
    assert_int_equal(fchownat(tree, "a/b", 4321, 4321, 0), 0);
    assert_int_equal(skill_tree_settle(tree, 4321, &count, &err), 0);
    assert_int_equal(count.files, 4);
    assert_int_equal(count.bytes, 8);
    assert_int_equal(fstatat(tree, "a/b", &st, 0), 0);
    assert_int_equal(st.st_uid, 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    assert_int_equal(fstatat(tree, "a/run", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0755);
    assert_int_equal(fstatat(tree, "a", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0755);
}

static void refuses_what_a_skill_may_not_have(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("skip: only root gives files away\n");
        skip();
    }
    assert_int_equal(symlinkat("../x", tree, "l"), 0);
    refuses("its link l leads out");
    assert_int_equal(unlinkat(tree, "l", 0), 0);
    assert_int_equal(mkfifoat(tree, "f", 0600), 0);
    refuses("its file f is no file");
    assert_int_equal(unlinkat(tree, "f", 0), 0);
    assert_int_equal(place_file(tree, "one", "x", 1, 0600), 0);
    assert_int_equal(linkat(tree, "one", tree, "two", 0), 0);
    refuses("has a second name");
    assert_int_equal(unlinkat(tree, "two", 0), 0);
    assert_int_equal(fchownat(tree, "one", 7, 7, 0), 0);
    refuses("its file one is somebody else's");
    assert_int_equal(fchownat(tree, "one", 0, 0, 0), 0);
    int large = openat(tree, "one", O_WRONLY | O_CLOEXEC);
    assert_int_equal(ftruncate(large, SKILL_BYTES_MAX + 1), 0);
    close(large);
    refuses("it is larger than 50 MB");
    assert_int_equal(unlinkat(tree, "one", 0), 0);
    assert_int_equal(mkdirat(tree, ".git", 0700), 0);
    refuses("it has a file called .git");
    assert_int_equal(unlinkat(tree, ".git", AT_REMOVEDIR), 0);
    for (int i = 0; i <= SKILL_FILES_MAX; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%d", i);
        close(openat(tree, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    }
    refuses("it has more than 5000 files");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_git_takes_and_we_do_not_says_what_to_write),
        cmocka_unit_test(sources),
        cmocka_unit_test(sources_by_ssh),
        cmocka_unit_test(what_is_no_source),
        cmocka_unit_test(front_matter),
        cmocka_unit_test(names),
        cmocka_unit_test(links),
        cmocka_unit_test_setup_teardown(settles_owner_and_modes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_a_skill_may_not_have, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
