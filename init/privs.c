/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/privs.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shared/buf.h"
#include "shared/capabilities.h"
#include "shared/cleanup.h"

_Static_assert(CAP_CHOWN == 0 && CAP_KILL == 5 && CAP_SETGID == 6 && CAP_SETUID == 7 &&
                   CAP_SETPCAP == 8 && CAP_NET_ADMIN == 12 && CAP_NET_RAW == 13,
               "the numbers of shared/capabilities.c");

enum { CAP_WORDS = _LINUX_CAPABILITY_U32S_3, CAP_NUMBERS = 64 };

struct sets {
    uint64_t effective, permitted, inheritable;
};

/* libc has no wrapper, and libcap would be a library for two calls. */
static int get_sets(struct sets *sets)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[CAP_WORDS];
    if (syscall(SYS_capget, &header, data) < 0)
        return -1;
    *sets = (struct sets){
        .effective = data[0].effective | (uint64_t)data[1].effective << 32,
        .permitted = data[0].permitted | (uint64_t)data[1].permitted << 32,
        .inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32,
    };
    return 0;
}

/* Effective and permitted alike, nothing inheritable. */
static int set_sets(uint64_t permitted)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[CAP_WORDS] = {0};
    for (int word = 0; word < CAP_WORDS; word++)
        data[word].effective = data[word].permitted = (uint32_t)(permitted >> (32 * word));
    return (int)syscall(SYS_capset, &header, data);
}

static uint64_t bit(int capability)
{
    return (uint64_t)1 << capability;
}

int privs_check(struct error *err)
{
    struct sets sets;
    if (get_sets(&sets) < 0)
        return error_errno(err, "cannot read the container's capabilities");
    cleanup_buf struct buf missing = BUF_INIT(ERROR_TEXT_MAX / 2);
    cleanup_buf struct buf names = BUF_INIT(ERROR_TEXT_MAX / 2);
    for (size_t i = 0; i < capability_count; i++) {
        const struct capability *c = &capabilities[i];
        if (sets.effective & bit(c->number))
            continue;
        const char *separator = missing.length ? ", " : "";
        if (buf_printf(&missing, "%sCAP_%s %s", separator, c->name, c->reason) < 0 ||
            buf_printf(&names, "%s%s", separator, c->name) < 0)
            return error_errno(err, "cannot list missing capabilities");
    }
    if (missing.length == 0)
        return 0;
    return error_set(err,
                     "the container lacks %s; start the box with `docker claudex run`, or give "
                     "it cap_add: [%s]",
                     missing.data, names.data);
}

int privs_harden(struct error *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return error_errno(err, "cannot set no_new_privs");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return error_errno(err, "cannot hide PID 1's memory");
    return 0;
}

/* Drops all of the bounding set but `keep`. The kernel says EINVAL past the last it knows. */
static int bound(uint64_t keep, struct error *err)
{
    for (int capability = 0; capability < CAP_NUMBERS; capability++) {
        if (keep & bit(capability))
            continue;
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) {
            if (errno == EINVAL)
                return 0;
            return error_errno(err, "cannot drop capability %d from the bounding set",
                               capability);
        }
    }
    return 0;
}

int privs_keep(struct error *err)
{
    struct sets sets;
    uint64_t keep = 0;
    for (size_t i = 0; i < capability_count; i++)
        if (capabilities[i].kept)
            keep |= bit(capabilities[i].number);
    if (get_sets(&sets) < 0 || bound(keep, err) < 0 || set_sets(sets.permitted & keep) < 0)
        return error_errno(err, "cannot drop PID 1's capabilities");
    return 0;
}

int privs_give_up(int capability, struct error *err)
{
    struct sets sets;
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 || get_sets(&sets) < 0 ||
        set_sets(sets.permitted & ~bit(capability)) < 0)
        return error_errno(err, "cannot give up capability %d", capability);
    return 0;
}

/* What goes before the ids change, while there is the capability for it. */
static int leave_groups_and_bound(struct error *err)
{
    if (bound(0, err) < 0)
        return -1;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
        return error_errno(err, "cannot clear the ambient capabilities");
    if (setgroups(0, NULL) < 0)
        return error_errno(err, "cannot leave root's groups");
    return 0;
}

/* What goes after. */
static int drop_all(struct error *err)
{
    if (set_sets(0) < 0)
        return error_errno(err, "cannot drop capabilities");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return error_errno(err, "cannot set no_new_privs");
    return 0;
}

int privs_become(uid_t uid, gid_t gid, struct error *err)
{
    if (leave_groups_and_bound(err) < 0)
        return -1;
    if (setresgid(gid, gid, gid) < 0)
        return error_errno(err, "cannot become gid %u", (unsigned)gid);
    if (setresuid(uid, uid, uid) < 0)
        return error_errno(err, "cannot become uid %u", (unsigned)uid);
    /* setresuid leaves the inheritable set, which engines before 20.10.14 fill. */
    return drop_all(err);
}

int privs_become_for_files(uid_t uid, gid_t gid, uid_t file_uid, gid_t file_gid,
                           struct error *err)
{
    if (leave_groups_and_bound(err) < 0)
        return -1;
    /* Capabilities stay until both are done: the second wants CAP_SETUID again. */
    if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) < 0)
        return error_errno(err, "cannot set the secure bits");
    if (setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
        return error_errno(err, "cannot become uid %u", (unsigned)uid);
    setfsgid(file_gid);
    setfsuid(file_uid);
    if (setfsuid((uid_t)-1) != (int)file_uid || setfsgid((gid_t)-1) != (int)file_gid)
        return error_set(err, "cannot reach files as uid %u", (unsigned)file_uid);
    return drop_all(err);
}

int privs_verify(uid_t uid, gid_t gid, struct error *err)
{
    uid_t uids[3];
    gid_t gids[3];
    struct sets sets;
    if (getresuid(&uids[0], &uids[1], &uids[2]) < 0 ||
        getresgid(&gids[0], &gids[1], &gids[2]) < 0 || get_sets(&sets) < 0)
        return error_errno(err, "cannot read the session's privileges");
    for (size_t i = 0; i < array_length(uids); i++)
        if (uids[i] != uid || gids[i] != gid)
            return error_set(err, "the session is not uid %u and gid %u", (unsigned)uid,
                             (unsigned)gid);
    if (getgroups(0, NULL) != 0)
        return error_set(err, "the session has groups left");
    if (sets.effective || sets.permitted || sets.inheritable)
        return error_set(err, "the session has capabilities left");
    for (int capability = 0; capability < CAP_NUMBERS; capability++) {
        int in_bound = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
        if (in_bound < 0)
            break;
        if (in_bound)
            return error_set(err, "the session's bounding set still has capability %d",
                             capability);
    }
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        return error_set(err, "the session lacks no_new_privs");
    if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER)
        return error_set(err, "the session has no seccomp filter");
    return 0;
}

int privs_files_as(uid_t uid, gid_t gid, struct error *err)
{
    /* Leaving fsuid 0 would take CAP_CHOWN along (capabilities(7), "Effect of user ID
     * changes"), which is what this is called for. */
    unsigned long fixup = uid == 0 ? 0 : SECBIT_NO_SETUID_FIXUP;
    if (prctl(PR_SET_SECUREBITS, fixup, 0, 0, 0) < 0)
        return error_errno(err, "cannot set the secure bits");
    setfsgid(gid);
    setfsuid(uid);
    /* They return the id as it was, not a failure: a second call with -1 asks. */
    if (setfsuid((uid_t)-1) != (int)uid || setfsgid((gid_t)-1) != (int)gid)
        return error_set(err, "cannot reach files as uid %u", (unsigned)uid);
    return 0;
}

int privs_peer_as(uid_t uid, gid_t gid)
{
    unsigned long fixup = uid == 0 ? 0 : SECBIT_NO_SETUID_FIXUP;
    if (uid != 0 && prctl(PR_SET_SECUREBITS, fixup, 0, 0, 0) < 0)
        return -1;
    /* The gid while we still are root, or are root again. */
    if (uid != 0 ? setegid(gid) < 0 || seteuid(uid) < 0 : seteuid(uid) < 0 || setegid(gid) < 0)
        return -1;
    if (uid != 0)
        return 0;
    /* A change of ids sets it to what fs.suid_dumpable says (kernel/cred.c, commit_creds). */
    return prctl(PR_SET_SECUREBITS, fixup, 0, 0, 0) < 0 ||
                   prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0
               ? -1
               : 0;
}
