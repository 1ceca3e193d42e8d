/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/home/owner.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "init/home/owner.h"
#include "shared/cleanup.h"
#include "shared/names.h"
#include "shared/session.h"

static struct agent agent;
static struct error err;

static int decide(const struct owned_mount *mounts, size_t count)
{
    err = (struct error)ERROR_INIT;
    return owner_decide(mounts, count, &agent, &err);
}

static void the_owner_of_the_project_is_the_agent(void **state)
{
    (void)state;
    const struct owned_mount mounts[] = {{"/workspace/a", 1234, 77, false}};
    assert_int_equal(decide(mounts, 1), 0);
    assert_int_equal(agent.uid, 1234);
    assert_int_equal(agent.gid, 77);
}

static void several_projects_of_one_owner_agree(void **state)
{
    (void)state;
    const struct owned_mount mounts[] = {{"/context/c", 0, 0, true},
                                         {"/workspace/a", 1234, 77, false},
                                         {"/workspace/b", 1234, 88, false},
                                         {"/workspace/ro", 4321, 1, true}};
    assert_int_equal(decide(mounts, array_length(mounts)), 0);
    assert_int_equal(agent.uid, 1234);
    assert_int_equal(agent.gid, 77);
}

static void nothing_writable_is_the_images_user(void **state)
{
    (void)state;
    const struct owned_mount mounts[] = {{"/workspace/a", 0, 0, true},
                                         {"/context/c", UID_OVERFLOW, 0, true}};
    assert_int_equal(decide(mounts, 2), 0);
    assert_int_equal(agent.uid, UID_AGENT_DEFAULT);
    assert_int_equal(agent.gid, UID_AGENT_DEFAULT);
    assert_int_equal(decide(NULL, 0), 0);
    assert_int_equal(agent.uid, UID_AGENT_DEFAULT);
}

static void the_group_of_root_is_not_taken_over(void **state)
{
    (void)state;
    const struct owned_mount mounts[] = {{"/workspace/a", 1234, 0, false}};
    assert_int_equal(decide(mounts, 1), 0);
    assert_int_equal(agent.gid, 1234);
    const struct owned_mount unknown[] = {{"/workspace/a", 1234, UID_OVERFLOW, false}};
    assert_int_equal(decide(unknown, 1), 0);
    assert_int_equal(agent.gid, 1234);
}

static void assert_refused(const struct owned_mount *mounts, size_t count, const char *why,
                           const char *remedy)
{
    assert_int_equal(decide(mounts, count), -1);
    assert_int_equal(err.status, EXIT_CLAUDEX);
    assert_non_null(strstr(err.text, why));
    assert_non_null(strstr(err.text, remedy));
}

static void root_nobody_and_different_owners_are_refused(void **state)
{
    (void)state;
    const struct owned_mount root[] = {{"/workspace/a", 0, 0, false}};
    assert_refused(root, 1, "/workspace/a belongs to root", "chown");
    const struct owned_mount second[] = {{"/workspace/a", 1, 1, false},
                                         {"/workspace/b", 0, 0, false}};
    assert_refused(second, 2, "/workspace/b belongs to root", "chown");
    const struct owned_mount nobody[] = {{"/workspace/a", UID_OVERFLOW, 1, false}};
    assert_refused(nobody, 1, "65534", "chown");
    const struct owned_mount mixed[] = {{"/workspace/a", 1, 1, false},
                                        {"/workspace/ro", 3, 1, true},
                                        {"/workspace/b", 2, 1, false}};
    assert_refused(mixed, 3, "/workspace/a belongs to uid 1", "read-only");
    assert_non_null(strstr(err.text, "/workspace/b to uid 2"));
    const struct owned_mount hostile[] = {{"/workspace/\033[31m", 0, 0, false}};
    assert_int_equal(decide(hostile, 1), -1);
    assert_null(strchr(err.text, '\033'));
}

static uid_t shift(uid_t uid, uid_t gid, uid_t mount_uid, uid_t mount_gid)
{
    const struct owned_mount mounts[] = {{"/workspace/a", mount_uid, mount_gid, true}};
    const struct agent who = {.uid = uid, .gid = gid};
    return worker_uid_shift(mounts, 1, &who);
}

static void workers_step_aside(void **state)
{
    (void)state;
    assert_int_equal(shift(1000, 1000, 1000, 1000), 0);
    assert_int_equal(shift(UID_WORKER_FIRST - 1, 1, UID_WORKER_LAST + 1, 1), 0);
    for (uid_t uid = UID_WORKER_FIRST; uid <= UID_WORKER_LAST; uid++) {
        assert_int_equal(shift(uid, 1, 1, 1), 4);
        assert_int_equal(shift(1, uid, 1, 1), 4);
        assert_int_equal(shift(1, 1, uid, 1), 4);
        assert_int_equal(shift(1, 1, 1, uid), 4);
        assert_int_equal(shift(uid, 1, uid + 4, uid + 8), 12);
    }
    /* Never the uid that stands for unknown ones. */
    struct owned_mount many[200];
    for (uid_t i = 0; i < array_length(many); i++)
        many[i] = (struct owned_mount){"/m", UID_WORKER_FIRST + 4 * i, 1, true};
    const struct agent who = {.uid = 1, .gid = 1};
    uid_t by = worker_uid_shift(many, array_length(many), &who);
    assert_int_equal(by, 4 * array_length(many));
    by = worker_uid_shift(many, (UID_OVERFLOW - UID_WORKER_FIRST) / 4, &who);
    assert_true(UID_WORKER_FIRST + by > UID_OVERFLOW);
}

static void the_kernel_is_asked(void **state)
{
    (void)state;
    char folder[] = "/tmp/claudex-owner-XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct mount mount = {.destination = folder, .read_only = geteuid() == 0};
    struct session session = {.box = {.mounts = &mount, .mount_count = 1}};
    uid_t by = 1;
    err = (struct error)ERROR_INIT;
    assert_int_equal(owner_find(&session, &agent, &by, &err), 0);
    assert_int_equal(by, 0);
    assert_int_equal(agent.uid, geteuid() == 0 ? UID_AGENT_DEFAULT : geteuid());
    rmdir(folder);
    assert_int_equal(owner_find(&session, &agent, &by, &err), -1);
    assert_non_null(strstr(err.text, "No such file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_owner_of_the_project_is_the_agent),
        cmocka_unit_test(several_projects_of_one_owner_agree),
        cmocka_unit_test(nothing_writable_is_the_images_user),
        cmocka_unit_test(the_group_of_root_is_not_taken_over),
        cmocka_unit_test(root_nobody_and_different_owners_are_refused),
        cmocka_unit_test(workers_step_aside),
        cmocka_unit_test(the_kernel_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
