/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/session/idmap.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/session/idmap.h"
#include "shared/cleanup.h"
#include "shared/names.h"

static void the_lines_swap_two_and_keep_all_others(void **state)
{
    char lines[128];
    (void)state;
    size_t length = idmap_lines(1000, lines, sizeof lines);
    assert_string_equal(lines, "0 1000 1\n1 1 999\n1000 0 1\n1001 1001 4294966294\n");
    assert_int_equal(length, strlen(lines));
    /* Each id there is, 0 to 4294967294, once: as many as the kernel has. */
    assert_int_equal(UINT64_C(1) + 999 + 1 + 4294966294, 4294967295);
}

/* On the real kernel: an idmapped mount of a folder of root's. */
static void root_s_files_are_the_agent_s_and_back(void **state)
{
    char folder[] = "/tmp/clx-idmap-XXXXXX", project[64], file[80], target[96], seen[112];
    struct error err = ERROR_INIT;
    struct stat st;
    (void)state;
    if (geteuid() != 0) {
        print_message("skip: not root\n");
        skip();
    }
    assert_non_null(mkdtemp(folder));
    (void)snprintf(project, sizeof project, "%s/project", folder);
    (void)snprintf(file, sizeof file, "%s/file", project);
    (void)snprintf(target, sizeof target, "%s/box/mnt/0", folder);
    (void)snprintf(seen, sizeof seen, "%s/file", target);
    assert_int_equal(mkdir(project, 0755), 0);
    int made = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(made >= 0);
    close(made);
    int fd = open(project, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    const int failed = idmap_mount(fd, target, &err);
    if (failed && strstr(err.text, "user namespace")) {
        print_message("skip: %s\n", err.text);
        skip();
    }
    assert_string_equal(err.text, "");
    assert_int_equal(failed, 0);
    assert_int_equal(stat(target, &st), 0);
    assert_int_equal(st.st_uid, UID_AGENT_DEFAULT);
    assert_int_equal(stat(seen, &st), 0);
    assert_int_equal(st.st_uid, UID_AGENT_DEFAULT);
    assert_int_equal(st.st_gid, UID_AGENT_DEFAULT);
    /* What belongs to the agent there is root's on the disk; others stay who they are. */
    assert_int_equal(chown(seen, 4321, 4321), 0);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_uid, 4321);
    assert_int_equal(chown(seen, UID_AGENT_DEFAULT, UID_AGENT_DEFAULT), 0);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_uid, 0);
    close(fd);

    char box[80];
    (void)snprintf(box, sizeof box, "%s/box", folder);
    idmap_clear(box);
    assert_int_equal(access(box, F_OK), -1);
    assert_int_equal(access(file, F_OK), 0); /* unmounted, not removed */
    idmap_clear(box);
    assert_int_equal(unlink(file) | rmdir(project) | rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lines_swap_two_and_keep_all_others),
        cmocka_unit_test(root_s_files_are_the_agent_s_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
