/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/image/recipe.c */
/* What a list of packages becomes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/image/recipe.h"
#include "shared/buf.h"
#include "shared/cleanup.h"

#define cleanup_strings cleanup_with(strings_free)

static const char base_a[] =
    "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
static const char base_b[] =
    "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/* The words of a text, separated by blanks. */
static struct strings words(const char *text)
{
    struct strings list = {0};
    cleanup_free char *copy = strdup(text);
    char *state = NULL;
    for (char *word = strtok_r(copy, " ", &state); word; word = strtok_r(NULL, " ", &state))
        assert_int_equal(strings_add(&list, word), 0);
    return list;
}

static struct strings packages_of(const char *text)
{
    struct error err = ERROR_INIT;
    struct strings packages = {0};
    cleanup_strings struct strings asked = words(text);
    assert_int_equal(recipe_packages(&asked, &packages, &err), 0);
    return packages;
}

static void assert_packages(const char *text, const char *expected)
{
    cleanup_strings struct strings packages = packages_of(text);
    cleanup_free char *joined = strings_join(&packages, " ");
    assert_string_equal(joined, expected);
}

static void a_list_is_sorted_and_has_each_once(void **state)
{
    (void)state;
    assert_packages("", "");
    assert_packages("cmake", "cmake");
    assert_packages("libc6 g++ cmake g++ g++ a2ps libc6", "a2ps cmake g++ libc6");
    /* By the bytes, whatever the locale. */
    assert_packages("g-b g+a ga g.c 0ad", "0ad g+a g-b g.c ga");
}

static void refuse(struct strings *asked, const char *part)
{
    struct error err = ERROR_INIT;
    cleanup_strings struct strings packages = {0};
    assert_int_equal(recipe_packages(asked, &packages, &err), -1);
    assert_non_null(strstr(err.text, part));
    strings_free(asked);
}

static void what_no_list_may_hold(void **state)
{
    static const char *const bad[] = {"$(reboot)", "-y",        "a\\",  "x;y",
                                      "\"",        "cmake=1.2", "Cmake"};
    (void)state;
    for (size_t i = 0; i < array_length(bad); i++) {
        struct strings asked = words(bad[i]);
        refuse(&asked, "no name of a Debian package");
    }
    struct strings many = {0}, long_ones = {0};
    char name[256];
    for (int i = 0; i < 10000; i++) {
        (void)snprintf(name, sizeof name, "p%d", i);
        assert_int_equal(strings_add(&many, name), 0);
    }
    refuse(&many, "10000 packages are too many");
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(name, sizeof name, "p%0120d", i);
        assert_int_equal(strings_add(&long_ones, name), 0);
    }
    refuse(&long_ones, "1000 packages are too many");
}

static void tag_of(const char *text, const char *base, char out[CUSTOM_TAG_SIZE])
{
    cleanup_strings struct strings packages = packages_of(text);
    assert_int_equal(recipe_tag(&packages, base, out), 0);
    assert_true(is_custom_tag(out));
}

static void one_content_one_name(void **state)
{
    char first[CUSTOM_TAG_SIZE], other[CUSTOM_TAG_SIZE];
    (void)state;
    tag_of("cmake gcc", base_a, first);
    tag_of("gcc cmake gcc", base_a, other);
    assert_string_equal(first, other);
    static const struct {
        const char *packages, *base;
    } different[] = {
        {"cmake gcc", base_b}, {"cmake", base_a}, {"cmakegcc", base_a}, {"", base_a}};
    for (size_t i = 0; i < array_length(different); i++) {
        tag_of(different[i].packages, different[i].base, other);
        assert_string_not_equal(first, other);
    }
}

static void what_is_a_name_of_ours(void **state)
{
    static const char *const others[] = {"claudex-custom",
                                         "claudex-custom:",
                                         "claudex-custom:latest",
                                         "claudex-custom:0123456789ab0",
                                         "claudex-custom:0123456789aB",
                                         "x/claudex-custom:0123456789ab",
                                         "claudex:0123456789ab"};
    (void)state;
    assert_true(is_custom_tag("claudex-custom:0123456789ab"));
    for (size_t i = 0; i < array_length(others); i++)
        assert_false(is_custom_tag(others[i]));
}

/* If this text changes, so must RECIPE_VERSION, and with it the tag below: what is there by the
 * old name was made by the old recipe. */
static const char expected[] =
    "# Debian packages on top of claudex's image, by claudex " CLAUDEX_VERSION ".\n"
    "ARG BASE=claudex:1\n"
    "FROM ${BASE}\n"
    "RUN apt-get -qq -o Acquire::Languages=none -o APT::Update::Error-Mode=any update \\\n"
    "    && DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 install -y \\\n"
    "        --no-install-recommends \\\n"
    "        cmake \\\n"
    "        g++ \\\n"
    "    && find / -xdev -type f -perm /6000 -exec chmod ug-s '{}' + \\\n"
    "    && find / -xdev -type f -print0 | python3 -c 'import os, sys; \\\n"
    "[os.removexattr(path, \"security.capability\") \\\n"
    "for path in sys.stdin.buffer.read().split(b\"\\0\")[:-1] \\\n"
    "if \"security.capability\" in os.listxattr(path)]' \\\n"
    "    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/log/*\n"
    "ARG BASE\n"
    "ARG BASE_ID=${BASE}\n"
    "LABEL io.claudex.base=\"${BASE_ID}\" io.claudex.packages=\"cmake g++\"\n";

static void the_dockerfile_and_its_version(void **state)
{
    char tag[CUSTOM_TAG_SIZE];
    cleanup_buf struct buf out = BUF_INIT(1 << 16);
    cleanup_strings struct strings packages = packages_of("g++ cmake");
    (void)state;
    assert_int_equal(recipe_dockerfile(&packages, "claudex:1", &out), 0);
    assert_string_equal(out.data, expected);
    assert_int_equal(RECIPE_VERSION, 2);
    tag_of("g++ cmake", base_a, tag);
    /* { echo recipe 2; echo sha256:aaa…; echo cmake; echo g++; } | sha256sum */
    assert_string_equal(tag, "claudex-custom:4ab5bf30ec7d");
}

/* execve(2): no word of a command may be longer than 32 pages. */
static void the_longest_list_fits_a_command(void **state)
{
    (void)state;
    cleanup_strings struct strings asked = {0}, packages = {0};
    cleanup_buf struct buf out = BUF_INIT(1 << 20);
    struct error err = ERROR_INIT;
    char name[64];
    for (int i = 0; i < PACKAGES_MAX; i++) {
        (void)snprintf(name, sizeof name, "p%030d", i);
        assert_int_equal(strings_add(&asked, name), 0);
    }
    assert_int_equal(recipe_packages(&asked, &packages, &err), 0);
    assert_int_equal(recipe_dockerfile(&packages, "claudex:1", &out), 0);
    const char *run = strstr(out.data, "\nRUN"), *end = strstr(out.data, "\nARG BASE\n");
    assert_non_null(run);
    assert_non_null(end);
    assert_in_range(end - run, PACKAGES_MAX * 30, 128 * 1024 - 1);
}

static void who_is_to_blame(void **state)
{
    static const struct {
        const char *line;
        enum blame blame;
        const char *package;
    } lines[] = {
        {"E: Unable to locate package nosuch", BLAME_UNKNOWN, "nosuch"},
        {"E: Package 'awk' has no installation candidate", BLAME_UNKNOWN, "awk"},
        {"E: Failed to fetch http://deb.debian.org/debian/pool/main/c/cowsay/"
         "cowsay_3.03%2bdfsg2-8_all.deb  500  Internal Server Error [IP: 10.0.0.1 80]",
         BLAME_FETCH, "cowsay"},
        {"E: Failed to fetch http://deb.debian.org/debian/dists/trixie/InRelease  500  x",
         BLAME_NOBODY, NULL},
        {"dpkg: error processing package tzdata:amd64 (--configure):", BLAME_INSTALL, "tzdata"},
        {"dpkg: error processing archive /var/cache/apt/archives/g++_4%3a14_amd64.deb (--unpack):",
         BLAME_INSTALL, "g++"},
        {" libfoo : Depends: libbar (>= 2) but it is not installable", BLAME_INSTALL, "libfoo"},
        {" something else", BLAME_NOBODY, NULL},
        {"E: Unable to locate package $(x)", BLAME_NOBODY, NULL},
        {"E: Unable to locate package ", BLAME_NOBODY, NULL},
        {"E: Failed to fetch .deb", BLAME_NOBODY, NULL},
        {"E: Failed to fetch x.debris_1_all.debx", BLAME_NOBODY, NULL},
        {"", BLAME_NOBODY, NULL},
    };
    char package[32], endless[300];
    (void)state;
    for (size_t i = 0; i < array_length(lines); i++) {
        enum blame blame = recipe_blame(lines[i].line, package, sizeof package);
        if (blame != lines[i].blame)
            fail_msg("%s: %d", lines[i].line, blame);
        if (blame != BLAME_NOBODY)
            assert_string_equal(package, lines[i].package);
    }
    memset(endless, 'x', sizeof endless);
    memcpy(endless, "E: Unable to locate package ", 28);
    endless[sizeof endless - 1] = '\0';
    assert_int_equal(recipe_blame(endless, package, sizeof package), BLAME_NOBODY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_sorted_and_has_each_once),
        cmocka_unit_test(what_no_list_may_hold),
        cmocka_unit_test(one_content_one_name),
        cmocka_unit_test(what_is_a_name_of_ours),
        cmocka_unit_test(the_dockerfile_and_its_version),
        cmocka_unit_test(the_longest_list_fits_a_command),
        cmocka_unit_test(who_is_to_blame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
