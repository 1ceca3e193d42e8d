/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/mounts.c */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "init/mounts.h"
#include "shared/buf.h"
#include "shared/io.h"

/* What a box has besides the projects, as docker 26 mounts it. */
#define SYSTEM                                                                                 \
    "600 500 0:50 / / rw,relatime master:1 - overlay overlay rw,lowerdir=/l,upperdir=/u\n"     \
    "601 600 0:51 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw\n"                    \
    "602 600 0:52 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755\n"                    \
    "603 602 0:53 / /dev/pts rw - devpts devpts rw,gid=5,mode=620\n"                           \
    "604 600 0:54 / /sys ro,nosuid,nodev,noexec - sysfs sysfs ro\n"                            \
    "605 600 8:1 /d/c/1/hostname /etc/hostname rw,relatime - ext4 /dev/sda1 rw\n"              \
    "606 601 0:51 /bus /proc/bus ro,relatime - proc proc rw\n"
#define APP     "700 600 8:1 /home/u/app /workspace/app rw,relatime - ext4 /dev/sda1 rw\n"
#define DOCS    "701 600 8:1 /home/u/docs /context/docs ro,relatime - ext4 /dev/sda1 rw\n"
#define CONTROL "702 600 8:1 /s/c /run/claudex/private/control rw - ext4 /dev/sda1 rw\n"

static struct mount_table table;
static struct error err;

static int parse(const char *text)
{
    mount_table_free(&table);
    err = (struct error)ERROR_INIT;
    return mounts_parse(text, strlen(text), &table, &err);
}

static int teardown(void **state)
{
    (void)state;
    mount_table_free(&table);
    return 0;
}

static struct mount mounts[] = {
    {.destination = "/workspace/app", .read_only = false},
    {.destination = "/context/docs", .read_only = true},
};

/* Of a box with the project and the context. */
static int judge(const char *text)
{
    struct session session = {.box = {.mounts = mounts, .mount_count = array_length(mounts)}};
    assert_int_equal(parse(text), 0);
    return mounts_judge(&table, &session, &err);
}

static void assert_refused(const char *text, const char *why)
{
    assert_int_equal(judge(text), -1);
    assert_non_null(strstr(err.text, why));
    assert_null(strchr(err.text, '\n'));
}

static void fields_are_read(void **state)
{
    (void)state;
    assert_int_equal(parse(SYSTEM APP DOCS), 0);
    assert_int_equal(table.count, 9);
    assert_string_equal(table.entries[7].root, "/home/u/app");
    assert_string_equal(table.entries[7].point, "/workspace/app");
    assert_false(table.entries[7].read_only);
    assert_true(table.entries[8].read_only);
    assert_string_equal(table.entries[0].point, "/");
}

static void optional_fields_may_be_none_or_many(void **state)
{
    (void)state;
    assert_int_equal(
        parse("1 0 0:1 / /a rw - t s rw\n"
              "2 0 0:1 / /b rw shared:1 master:2 propagate_from:3 unbindable - t s ro\n"),
        0);
    assert_int_equal(table.count, 2);
    assert_false(table.entries[0].read_only);
    assert_true(table.entries[1].read_only); /* the file system itself */
}

static void an_empty_source_is_a_field(void **state)
{
    (void)state;
    assert_int_equal(parse("1 0 0:1 / /a rw - tmpfs  rw\n"), 0);
    assert_int_equal(table.count, 1);
}

static void escapes_are_undone(void **state)
{
    (void)state;
    assert_int_equal(parse("1 0 0:1 /a\\040b /x\\011y\\012z\\134\\043\\377 rw - t s rw\n"), 0);
    assert_string_equal(table.entries[0].root, "/a b");
    assert_string_equal(table.entries[0].point, "/x\ty\nz\\#\377");
}

static void options_are_whole_words(void **state)
{
    (void)state;
    assert_int_equal(parse("1 0 0:1 / /a rw,error=ro,rox,xro - t s rw,prot=ro\n"
                           "2 0 0:1 / /b relatime,ro,nosuid - t s rw\n"),
                     0);
    assert_false(table.entries[0].read_only);
    assert_true(table.entries[1].read_only);
}

static void what_the_kernel_would_not_write_is_refused(void **state)
{
    (void)state;
    const char *const lines[] = {
        "\n",
        "1\n",
        "1 0 0:1 / /a rw\n",
        "1 0 0:1 / /a rw -\n",
        "1 0 0:1 / /a rw - t\n",
        "1 0 0:1 / /a rw - t s\n",
        "1 0 0:1 / /a rw - t s rw more\n",
        "1 0 0:1 / a rw - t s rw\n",
        "1 0 0:1 /  rw - t s rw\n",
        "1 0 0:1 / /a\\04 rw - t s rw\n",
        "1 0 0:1 / /a\\ rw - t s rw\n",
        "1 0 0:1 / /a\\08x rw - t s rw\n",
        "1 0 0:1 / /a\\000 rw - t s rw\n",
        "1 0 0:1 / /a\\400 rw - t s rw\n",
        "1 0 0:1 / /a rw - t s rw",
    };
    for (size_t i = 0; i < array_length(lines); i++)
        assert_int_equal(parse(lines[i]), -1);
    static const char nul[] = "1 0 0:1 / /a\0b rw - t s rw\n";
    mount_table_free(&table);
    assert_int_equal(mounts_parse(nul, sizeof nul - 1, &table, &err), -1);
}

static void nothing_is_an_empty_table(void **state)
{
    (void)state;
    assert_int_equal(parse(""), 0);
    assert_int_equal(table.count, 0);
}

static void what_was_asked_for_passes(void **state)
{
    (void)state;
    assert_int_equal(judge(SYSTEM APP DOCS CONTROL), 0);
    assert_int_equal(judge(SYSTEM DOCS CONTROL APP), 0);
}

static void a_missing_mount_is_refused(void **state)
{
    (void)state;
    assert_refused(SYSTEM DOCS, "nothing is mounted at /workspace/app");
    assert_refused("", "nothing is mounted at /workspace/app");
}

static void mounts_over_each_other_are_refused(void **state)
{
    (void)state;
    assert_refused(SYSTEM APP DOCS APP, "two mounts lie over each other at /workspace/app");
}

static void writable_and_read_only_are_told_apart(void **state)
{
    (void)state;
    assert_refused(SYSTEM "1 0 8:1 /x /workspace/app ro - ext4 d rw\n" DOCS,
                   "is mounted read-only and ought to be writable");
    assert_refused(SYSTEM APP "1 0 8:1 /x /context/docs rw - ext4 d rw\n",
                   "is mounted writable and ought to be read-only");
}

static void mounts_that_nobody_asked_for_are_refused(void **state)
{
    (void)state;
    const char *const points[] = {
        "/workspace",
        "/workspace/other",
        "/workspace/app2",
        "/context",
        "/context/other",
        "/run/claudex",
        "/run/claudex/x",
        "/run/claudex/public",
        "/run/claudex/private",
        "/run/claudex/private/config/x",
        "/run/claudex/private/control2",
        "/run/claudex/private/state/x",
        "/run/claudex/private/secrets2",
    };
    for (size_t i = 0; i < array_length(points); i++) {
        char text[4096];
        (void)snprintf(text, sizeof text, SYSTEM APP DOCS "1 0 8:1 /x %s rw - ext4 d rw\n",
                       points[i]);
        assert_refused(text, "that nobody asked for");
    }
}

static void other_mounts_are_none_of_our_business(void **state)
{
    (void)state;
    const char *const points[] = {
        "/workspaces",
        "/workspace2/x",
        "/contextual",
        "/run",
        "/run/claudexx",
        "/data",
        "/home/node/.claude",
        "/run/claudex/private/config",
        "/run/claudex/private/env",
        "/run/claudex/private/control",
        "/run/claudex/private/state",
        "/run/claudex/private/secrets",
        "/run/claudex/private/secrets/key",
        "/workspace/app/node_modules",
    };
    for (size_t i = 0; i < array_length(points); i++) {
        char text[4096];
        (void)snprintf(text, sizeof text, SYSTEM APP DOCS "1 0 8:1 /x %s rw - ext4 d rw\n",
                       points[i]);
        assert_int_equal(judge(text), 0);
    }
}

static void below_a_read_only_folder_all_is_read_only(void **state)
{
    (void)state;
    assert_refused(SYSTEM APP DOCS "1 0 8:1 /x /context/docs/sub rw - ext4 d rw\n",
                   "/context/docs/sub is mounted writable below /context/docs");
    assert_int_equal(judge(SYSTEM APP DOCS "1 0 8:1 /x /context/docs/sub ro - ext4 d rw\n"), 0);
}

static void an_engines_socket_is_refused_under_any_name(void **state)
{
    (void)state;
    assert_refused(SYSTEM APP DOCS "1 0 0:9 /docker.sock /opt/innocent rw - tmpfs tmpfs rw\n",
                   "the engine's socket is mounted at /opt/innocent");
    assert_refused(SYSTEM APP DOCS "1 0 0:9 /x /var/run/docker.sock rw - tmpfs tmpfs rw\n",
                   "the engine's socket");
    assert_refused(SYSTEM APP DOCS
                   "1 0 0:9 /podman/podman.sock /workspace/app/s rw - tmpfs t rw\n",
                   "the engine's socket");
    assert_int_equal(judge(SYSTEM APP DOCS "1 0 0:9 /my-docker.socket /data rw - tmpfs t rw\n"),
                     0);
}

static void hostile_names_do_not_reach_the_terminal(void **state)
{
    (void)state;
    assert_refused(SYSTEM APP DOCS "1 0 8:1 /x /workspace/\\033[31m\\012 rw - ext4 d rw\n",
                   "/workspace/\\x1b[31m\\x0a");
}

static void this_machines_own_are_understood(void **state)
{
    (void)state;
    cleanup_buf struct buf text = BUF_INIT(MOUNTINFO_MAX);
    assert_int_equal(read_regular_file(AT_FDCWD, "/proc/self/mountinfo", &text), 0);
    assert_int_equal(parse(text.data), 0);
    bool root = false;
    for (size_t i = 0; i < table.count; i++)
        root = root || strcmp(table.entries[i].point, "/") == 0;
    assert_true(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_read),
        cmocka_unit_test(optional_fields_may_be_none_or_many),
        cmocka_unit_test(an_empty_source_is_a_field),
        cmocka_unit_test(escapes_are_undone),
        cmocka_unit_test(options_are_whole_words),
        cmocka_unit_test(what_the_kernel_would_not_write_is_refused),
        cmocka_unit_test(nothing_is_an_empty_table),
        cmocka_unit_test(what_was_asked_for_passes),
        cmocka_unit_test(a_missing_mount_is_refused),
        cmocka_unit_test(mounts_over_each_other_are_refused),
        cmocka_unit_test(writable_and_read_only_are_told_apart),
        cmocka_unit_test(mounts_that_nobody_asked_for_are_refused),
        cmocka_unit_test(other_mounts_are_none_of_our_business),
        cmocka_unit_test(below_a_read_only_folder_all_is_read_only),
        cmocka_unit_test(an_engines_socket_is_refused_under_any_name),
        cmocka_unit_test(hostile_names_do_not_reach_the_terminal),
        cmocka_unit_test(this_machines_own_are_understood),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
