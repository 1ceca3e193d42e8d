/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/privs.c init/seccomp.c init/seccomp_filter.c init/seccomp_workers.c */
#include <grp.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "init/privs.h"
#include "init/seccomp.h"
#include "shared/capabilities.h"
#include "shared/cleanup.h"

enum { UID = 4321, GID = 8765 };

/* What a child found, in memory that it shares with us: none of this can be undone, so each
 * case is a process of its own. */
static struct {
    int result;
    struct error err;
} * found;

static int setup(void **state)
{
    (void)state;
    found =
        mmap(NULL, sizeof *found, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return found == MAP_FAILED ? -1 : 0;
}

static void need_root(void)
{
    if (geteuid() == 0)
        return;
    print_message("skip: privileges can be given up by root only\n");
    skip();
}

/* Runs it in a child, and leaves its error in `found`. */
static void in_child(int (*what)(int argument, struct error *err), int argument)
{
    found->result = -2;
    found->err = (struct error)ERROR_INIT;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        found->result = what(argument, &found->err);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void assert_fails_with(const char *text)
{
    assert_int_equal(found->result, -1);
    assert_non_null(strstr(found->err.text, text));
}

/* The steps to become the agent, as privs_become and seccomp_enforce take them. */
enum step { BOUND, GROUPS, GIDS, UIDS, SETS, NEW_PRIVS, FILTER, STEPS };

static int take(enum step step, struct error *err)
{
    static const gid_t none;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
    switch (step) {
    case BOUND:
        for (int number = 0; prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0; number++)
            if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0)
                return -1;
        return 0;
    case GROUPS:
        return setgroups(0, &none);
    case GIDS:
        return setresgid(GID, GID, GID);
    case UIDS:
        return setresuid(UID, UID, UID);
    case SETS:
        return (int)syscall(SYS_capset, &header, data);
    case NEW_PRIVS:
        return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    case FILTER:
        return seccomp_enforce(err);
    case STEPS:
        break;
    }
    return -1;
}

static int all_but(int left_out, struct error *err)
{
    static const gid_t some[] = {1, 2};
    /* Without leave to, a process has no groups to start with in some places. */
    if (setgroups(array_length(some), some) < 0)
        return -2;
    /* Else leaving root would empty the sets by itself. */
    if (left_out == SETS && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
        return -2;
    for (enum step step = 0; step < STEPS; step++)
        if ((int)step != left_out && take(step, err) < 0)
            return -2;
    return privs_verify(UID, GID, err);
}

static void verification_notices_every_step_that_was_left_out(void **state)
{
    (void)state;
    need_root();
    static const char *const complaints[STEPS] = {
        [BOUND] = "bounding set",
        [GROUPS] = "groups left",
        [GIDS] = "not uid 4321 and gid 8765",
        [UIDS] = "not uid 4321 and gid 8765",
        [SETS] = "capabilities left",
        [FILTER] = "no seccomp filter",
    };
    in_child(all_but, STEPS);
    assert_string_equal(found->err.text, "");
    assert_int_equal(found->result, 0);
    for (int step = 0; step < STEPS; step++) {
        if (!complaints[step])
            continue;
        in_child(all_but, step);
        assert_fails_with(complaints[step]);
    }
}

/* A filter needs no_new_privs of those without CAP_SYS_ADMIN; so root sets it, first. */
static int filter_without_no_new_privs(int argument, struct error *err)
{
    (void)argument;
    static const enum step order[] = {FILTER, BOUND, GROUPS, GIDS, UIDS, SETS};
    for (size_t i = 0; i < array_length(order); i++)
        if (take(order[i], err) < 0)
            return -2;
    return privs_verify(UID, GID, err);
}

static void verification_notices_no_new_privs(void **state)
{
    (void)state;
    need_root();
    in_child(filter_without_no_new_privs, 0);
    assert_fails_with("no_new_privs");
}

static int become_and_verify(int argument, struct error *err)
{
    (void)argument;
    if (privs_become(UID, GID, err) < 0 || seccomp_enforce(err) < 0)
        return -1;
    return privs_verify(UID, GID, err);
}

static void becoming_the_agent_is_enough(void **state)
{
    (void)state;
    need_root();
    in_child(become_and_verify, 0);
    assert_string_equal(found->err.text, "");
    assert_int_equal(found->result, 0);
}

static int check_without(int number, struct error *err)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, data) < 0)
        return -2;
    if (number >= 0)
        data[number / 32].effective &= ~(1U << (number % 32));
    if (syscall(SYS_capset, &header, data) < 0)
        return -2;
    return privs_check(err);
}

static void need_capabilities(void)
{
    need_root();
    in_child(check_without, -1);
    if (found->result == 0)
        return;
    print_message("skip: this root has less than a box's: %s\n", found->err.text);
    skip();
}

static int keep_and_count(int argument, struct error *err)
{
    (void)argument;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    if (privs_keep(err) < 0 || syscall(SYS_capget, &header, data) < 0)
        return -1;
    for (int number = 0; prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0; number++) {
        int kept = 0;
        for (size_t i = 0; i < capability_count; i++)
            kept |= capabilities[i].number == number && capabilities[i].kept;
        int has = (data[number / 32].permitted >> (number % 32)) & 1;
        int may = prctl(PR_CAPBSET_READ, number, 0, 0, 0);
        int inherits = (data[number / 32].inheritable >> (number % 32)) & 1;
        if (has != kept || may != kept || inherits)
            return error_set(err, "capability %d: has %d, may %d", number, has, may);
    }
    return 0;
}

static void pid_1_keeps_what_the_table_says(void **state)
{
    (void)state;
    need_capabilities();
    in_child(keep_and_count, 0);
    assert_string_equal(found->err.text, "");
    assert_int_equal(found->result, 0);
}

static void each_missing_capability_is_named(void **state)
{
    (void)state;
    need_capabilities();
    for (size_t i = 0; i < capability_count; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "CAP_%s %s", capabilities[i].name,
                       capabilities[i].reason);
        in_child(check_without, capabilities[i].number);
        assert_fails_with(name);
    }
}

/* Files of others are out of reach for a root without CAP_DAC_OVERRIDE, and chown is not. */
static int reach_as_owner(int argument, struct error *err)
{
    (void)argument;
    char folder[] = "/tmp/claudex-privs-XXXXXX", file[64];
    if (!mkdtemp(folder) || chown(folder, UID, GID) < 0 || privs_keep(err) < 0)
        return -2;
    (void)snprintf(file, sizeof file, "%s/file", folder);
    int before = mkdir(file, 0700);
    if (privs_files_as(UID, GID, err) < 0)
        return -1;
    int during = mkdir(file, 0700), gone = rmdir(file);
    if (privs_files_as(0, 0, err) < 0)
        return -1;
    int after = mkdir(file, 0700);
    (void)rmdir(folder);
    if (before == 0 || during < 0 || gone < 0 || after == 0)
        return error_set(err, "%d %d %d %d", before, during, gone, after);
    return 0;
}

static void files_are_reached_as_their_owner_and_only_meanwhile(void **state)
{
    (void)state;
    need_capabilities();
    in_child(reach_as_owner, 0);
    assert_string_equal(found->err.text, "");
    assert_int_equal(found->result, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verification_notices_every_step_that_was_left_out),
        cmocka_unit_test(verification_notices_no_new_privs),
        cmocka_unit_test(becoming_the_agent_is_enough),
        cmocka_unit_test(pid_1_keeps_what_the_table_says),
        cmocka_unit_test(each_missing_capability_is_named),
        cmocka_unit_test(files_are_reached_as_their_owner_and_only_meanwhile),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
