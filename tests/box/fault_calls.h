/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls that can be made to fail, by the names that tests give them (tests/box/fault.c).
 */
#ifndef CLAUDEX_TESTS_BOX_FAULT_CALLS_H
#define CLAUDEX_TESTS_BOX_FAULT_CALLS_H

#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { ANY = -1 };

/* A call, and what two of its arguments must be (between `low` and `high`). */
static const struct call {
    const char *name;
    int nr;
    struct {
        int argument;
        uint32_t low, high;
    } where[2];
} calls[] = {
#define CALL(name)                                                                             \
    {                                                                                          \
#name, __NR_##name,                                                                    \
        {                                                                                      \
            {ANY, 0, 0},                                                                       \
            {                                                                                  \
                ANY, 0, 0                                                                      \
            }                                                                                  \
        }                                                                                      \
    }
    /* memory; `brk` fails by what it returns */
    CALL(mmap),
    CALL(mremap),
    CALL(brk),
    /* descriptors */
    CALL(openat),
    CALL(openat2),
    CALL(socket),
    CALL(socketpair),
    CALL(pipe2),
    CALL(epoll_create1),
    CALL(eventfd2),
    CALL(signalfd4),
    CALL(timerfd_create),
    CALL(inotify_init1),
    CALL(memfd_create),
    CALL(pidfd_open),
    CALL(dup),
    CALL(dup3),
    CALL(accept4),
    /* the disk */
    CALL(pwrite64),
    CALL(fsync),
    CALL(fdatasync),
    CALL(ftruncate),
    CALL(fallocate),
    CALL(mkdirat),
    CALL(mknodat),
    CALL(renameat),
    CALL(renameat2),
    CALL(linkat),
    CALL(symlinkat),
    /* processes and what they may */
    CALL(clone),
    CALL(clone3),
    CALL(close_range),
    CALL(setuid),
    CALL(setgid),
    CALL(setgroups),
    CALL(setresuid),
    CALL(setresgid),
    CALL(setsid),
    CALL(capset),
    CALL(prctl),
    CALL(seccomp),
    CALL(landlock_create_ruleset),
    CALL(landlock_add_rule),
    CALL(landlock_restrict_self),
    CALL(fchown),
    CALL(fchownat),
    CALL(fchmodat),
    CALL(fchmod),
    CALL(unshare),
    CALL(setns),
    CALL(statx),
    CALL(getrandom),
    CALL(ioctl),
    CALL(read),
    /* the network */
    CALL(sendto),
    CALL(sendmsg),
    CALL(recvmsg),
    CALL(recvfrom),
    CALL(setsockopt),
    CALL(getsockopt),
    CALL(bind),
    CALL(listen),
    CALL(connect),
    CALL(splice),
#ifdef __NR_open
    CALL(open),
    CALL(mkdir),
    CALL(mknod),
    CALL(rename),
    CALL(link),
    CALL(symlink),
    CALL(fork),
    CALL(vfork),
    CALL(pipe),
    CALL(dup2),
    CALL(chown),
    CALL(lchown),
    CALL(chmod),
#endif
#undef CALL
    /* not what is said on stderr */
    {"write", __NR_write, {{0, 3, UINT32_MAX}, {ANY, 0, 0}}},
    {"writev", __NR_writev, {{0, 3, UINT32_MAX}, {ANY, 0, 0}}},
    /* parts of the kernel by their numbers: ip_tables' and ip6_tables' options, of which 64
     * commits; netlink's protocols */
    {"commit4", __NR_setsockopt, {{1, 0, 0}, {2, 64, 64}}},
    {"commit6", __NR_setsockopt, {{1, 41, 41}, {2, 64, 64}}},
    {"legacy4-set", __NR_setsockopt, {{1, 0, 0}, {2, 64, 69}}},
    {"legacy4-get", __NR_getsockopt, {{1, 0, 0}, {2, 64, 69}}},
    {"legacy6-set", __NR_setsockopt, {{1, 41, 41}, {2, 64, 69}}},
    {"legacy6-get", __NR_getsockopt, {{1, 41, 41}, {2, 64, 69}}},
    {"rtnetlink", __NR_socket, {{0, 16, 16}, {2, 0, 0}}},
    {"sock_diag", __NR_socket, {{0, 16, 16}, {2, 4, 4}}},
    {"nfnetlink", __NR_socket, {{0, 16, 16}, {2, 12, 12}}},
    {"inet6", __NR_socket, {{0, 10, 10}, {ANY, 0, 0}}},
    /* what makes unprivileged: the bounding set once, instead of once a capability, and of
     * seccomp(2) what installs, not what asks */
    {"no_new_privs", __NR_prctl, {{0, PR_SET_NO_NEW_PRIVS, PR_SET_NO_NEW_PRIVS}, {ANY, 0, 0}}},
    {"bounding", __NR_prctl, {{0, PR_CAPBSET_DROP, PR_CAPBSET_DROP}, {1, 0, 0}}},
    {"ambient", __NR_prctl, {{0, PR_CAP_AMBIENT, PR_CAP_AMBIENT}, {ANY, 0, 0}}},
    {"securebits", __NR_prctl, {{0, PR_SET_SECUREBITS, PR_SET_SECUREBITS}, {ANY, 0, 0}}},
    {"dumpable", __NR_prctl, {{0, PR_SET_DUMPABLE, PR_SET_DUMPABLE}, {ANY, 0, 0}}},
    {"filter",
     __NR_seccomp,
     {{0, SECCOMP_SET_MODE_FILTER, SECCOMP_SET_MODE_FILTER}, {ANY, 0, 0}}},
};
enum { CALLS = sizeof calls / sizeof calls[0] };

#endif
