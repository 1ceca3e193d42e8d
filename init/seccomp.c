/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "init/seccomp_filter.h"
#include "shared/cleanup.h"

#if defined(__s390x__) || defined(__s390__)
#error "clone's flags are its second argument here: give deny_clone another index"
#endif

/* Newer than the libseccomp that Debian 12 has; numbers from asm-generic/unistd.h, the same on
 * every architecture since 5.0. */
enum { NR_FCHMODAT2 = 452, NR_OPEN_TREE_ATTR = 467 };

/* Of socket(2)'s second argument; the rest is flags (linux/net.h, SOCK_TYPE_MASK). */
enum { TYPE_BITS = 0xf };

/*
 * System calls that an agent has no business with, whatever the arguments. ENOSYS where
 * programs try and fall back, EPERM where the kernel itself would say so to the unprivileged.
 */
static const struct {
    int number, error;
    const char *reason;
} denied[] = {
    {SCMP_SYS(io_uring_setup), ENOSYS, "a second way to every call here, past this filter"},
    {SCMP_SYS(io_uring_enter), ENOSYS, "as io_uring_setup"},
    {SCMP_SYS(io_uring_register), ENOSYS, "as io_uring_setup"},
    {SCMP_SYS(add_key), ENOSYS, "the keyring is the host's, not the container's"},
    {SCMP_SYS(request_key), ENOSYS, "as add_key; starts programs on the host"},
    {SCMP_SYS(keyctl), ENOSYS, "as add_key"},
    {SCMP_SYS(userfaultfd), EPERM, "holds the kernel still in the middle of a copy"},
    {SCMP_SYS(bpf), EPERM, "programs in the kernel"},
    {SCMP_SYS(perf_event_open), EACCES, "watches other processes; a long record of holes"},
    {SCMP_SYS(kexec_load), EPERM, "another kernel"},
    {SCMP_SYS(kexec_file_load), EPERM, "another kernel"},
    {SCMP_SYS(mount), EPERM, "the mounts are what PID 1 checked"},
    {SCMP_SYS(umount2), EPERM, "as mount: what a mount hides stays hidden"},
    {SCMP_SYS(open_tree), EPERM, "as mount"},
    {NR_OPEN_TREE_ATTR, EPERM, "as mount"},
    {SCMP_SYS(move_mount), EPERM, "as mount"},
    {SCMP_SYS(fsopen), EPERM, "as mount"},
    {SCMP_SYS(fsconfig), EPERM, "as mount"},
    {SCMP_SYS(fsmount), EPERM, "as mount"},
    {SCMP_SYS(fspick), EPERM, "as mount"},
    {SCMP_SYS(mount_setattr), EPERM, "as mount"},
    {SCMP_SYS(pivot_root), EPERM, "as mount"},
    {SCMP_SYS(chroot), EPERM, "another root to fool a program with"},
    {SCMP_SYS(setns), EPERM, "another namespace"},
    {SCMP_SYS(clone3), ENOSYS,
     "its flags are in memory, where no filter sees them; libc "
     "falls back to clone"},
    {SCMP_SYS(open_by_handle_at), EPERM, "opens files without a path"},
    {SCMP_SYS(pidfd_getfd), EPERM, "takes descriptors out of other processes"},
    {SCMP_SYS(openat2), ENOSYS, "its mode is in memory, where no filter sees it (see modes)"},
};

/*
 * Calls that give a file its mode. A project may be mapped so that the agent's files are
 * root's on the host: a setuid file planted there would be root's setuid file. Nothing in the
 * box needs one (no_new_privs), so there is no way to make one.
 */
static const struct {
    int number;
    unsigned mode_argument;
    int flags_argument; /* the mode counts only with flags that create; -1: always */
} modes[] = {
    /* The new architectures have only the …at calls; libseccomp knows. */
    {SCMP_SYS(chmod), 1, -1},    {SCMP_SYS(creat), 1, -1}, {SCMP_SYS(mkdir), 1, -1},
    {SCMP_SYS(mknod), 1, -1},    {SCMP_SYS(open), 2, 1},   {SCMP_SYS(fchmod), 1, -1},
    {SCMP_SYS(fchmodat), 2, -1}, {NR_FCHMODAT2, 2, -1},    {SCMP_SYS(mkdirat), 2, -1},
    {SCMP_SYS(mknodat), 2, -1},  {SCMP_SYS(openat), 3, 2},
};

static const struct range families[] = {
    {AF_UNIX, AF_UNIX}, {AF_INET, AF_INET}, {AF_INET6, AF_INET6}, {AF_NETLINK, AF_NETLINK}};
/* 0, which is the type's own, ICMP (echo sockets) and the two that agents speak: no SCTP,
 * UDP-Lite, MPTCP, GRE. AF_NETLINK's and AF_UNIX's numbers are checked apart. */
static const struct range protocols[] = {{0, IPPROTO_ICMP},
                                         {IPPROTO_TCP, IPPROTO_TCP},
                                         {IPPROTO_UDP, IPPROTO_UDP},
                                         {IPPROTO_ICMPV6, IPPROTO_ICMPV6}};
/* personality(2) beyond these switches protections off (ADDR_NO_RANDOMIZE, MMAP_PAGE_ZERO). */
static const struct range personalities[] = {{PER_LINUX, PER_LINUX},
                                             {PER_LINUX32, PER_LINUX32},
                                             {UNAME26, UNAME26},
                                             {UNAME26 | PER_LINUX32, UNAME26 | PER_LINUX32},
                                             {UINT32_MAX, UINT32_MAX}}; /* asks */

static const uint64_t namespaces[] = {CLONE_NEWNS,  CLONE_NEWCGROUP, CLONE_NEWUTS,
                                      CLONE_NEWIPC, CLONE_NEWUSER,   CLONE_NEWPID,
                                      CLONE_NEWNET};
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

/* Types into another's terminal; the second selects and pastes on a console. */
static const uint64_t terminal_requests[] = {TIOCSTI, TIOCLINUX};

static int deny_calls(scmp_filter_ctx filter)
{
    int failed = 0;
    for (size_t i = 0; i < array_length(denied) && !failed; i++)
        failed = filter_refuse(filter, denied[i].error, denied[i].number, 0, NULL);
    return failed;
}

static int deny_set_ids(scmp_filter_ctx filter)
{
    static const unsigned set_ids[] = {S_ISUID, S_ISGID};
    /* O_TMPFILE holds O_DIRECTORY, which creates nothing. */
    static const unsigned creating[] = {O_CREAT, O_TMPFILE & ~O_DIRECTORY};
    int failed = 0;
    for (size_t i = 0; i < array_length(modes); i++) {
        for (size_t k = 0; k < array_length(set_ids); k++) {
            struct scmp_arg_cmp compare[2] = {
                LOW_BITS_EQUAL(modes[i].mode_argument, set_ids[k], set_ids[k])};
            if (modes[i].flags_argument < 0) {
                failed = filter_refuse(filter, EPERM, modes[i].number, 1, compare);
                if (failed)
                    return failed;
                continue;
            }
            for (size_t f = 0; f < array_length(creating); f++) {
                unsigned argument = (unsigned)modes[i].flags_argument;
                compare[1] = LOW_BITS_EQUAL(argument, creating[f], creating[f]);
                failed = filter_refuse(filter, EPERM, modes[i].number, 2, compare);
                if (failed)
                    return failed;
            }
        }
    }
    return 0;
}

/* Sockets of the four families; of the internet's only streams and datagrams of TCP, UDP and
 * ICMP; of netlink only routing, which reads interfaces and addresses. */
static int deny_sockets(scmp_filter_ctx filter)
{
    static const int calls[] = {SCMP_SYS(socket), SCMP_SYS(socketpair)};
    static const uint32_t internet[] = {AF_INET, AF_INET6};
    static const struct range route[] = {{NETLINK_ROUTE, NETLINK_ROUTE}};
    int failed = 0;
    for (size_t i = 0; i < array_length(calls) && !failed; i++)
        failed = filter_allow_only(filter, EAFNOSUPPORT, calls[i], 0, families,
                                   array_length(families), NULL);
    for (size_t i = 0; i < array_length(internet) && !failed; i++) {
        struct scmp_arg_cmp family = LOW_BITS_EQUAL(0, UINT32_MAX, internet[i]);
        for (uint32_t type = 0; type <= TYPE_BITS && !failed; type++) {
            if (type == SOCK_STREAM || type == SOCK_DGRAM)
                continue;
            struct scmp_arg_cmp compare[2] = {family, LOW_BITS_EQUAL(1, TYPE_BITS, type)};
            failed = filter_refuse(filter, EPERM, SCMP_SYS(socket), 2, compare);
        }
        if (!failed)
            failed = filter_allow_only(filter, EPROTONOSUPPORT, SCMP_SYS(socket), 2, protocols,
                                       array_length(protocols), &family);
    }
    struct scmp_arg_cmp netlink = LOW_BITS_EQUAL(0, UINT32_MAX, AF_NETLINK);
    if (!failed)
        failed = filter_allow_only(filter, EAFNOSUPPORT, SCMP_SYS(socket), 2, route,
                                   array_length(route), &netlink);
    return failed;
}

static int deny_namespaces(scmp_filter_ctx filter)
{
    int failed = 0;
    for (size_t i = 0; i < array_length(namespaces) && !failed; i++) {
        struct scmp_arg_cmp flag = LOW_BITS_EQUAL(0, namespaces[i], namespaces[i]);
        failed = filter_refuse(filter, EPERM, SCMP_SYS(unshare), 1, &flag);
        if (!failed)
            failed = filter_refuse(filter, EPERM, SCMP_SYS(clone), 1, &flag);
    }
    /* In clone's flags that bit belongs to the signal at the child's end. */
    struct scmp_arg_cmp flag = LOW_BITS_EQUAL(0, CLONE_NEWTIME, CLONE_NEWTIME);
    return failed ? failed : filter_refuse(filter, EPERM, SCMP_SYS(unshare), 1, &flag);
}

static int deny_requests(scmp_filter_ctx filter)
{
    int failed = 0;
    for (size_t i = 0; i < array_length(terminal_requests) && !failed; i++) {
        struct scmp_arg_cmp request = LOW_BITS_EQUAL(1, UINT32_MAX, terminal_requests[i]);
        failed = filter_refuse(filter, EPERM, SCMP_SYS(ioctl), 1, &request);
    }
    return failed ? failed
                  : filter_allow_only(filter, EPERM, SCMP_SYS(personality), 0, personalities,
                                      array_length(personalities), NULL);
}

int seccomp_enforce(struct error *err)
{
    static filter_part *const parts[] = {deny_calls, deny_set_ids, deny_sockets,
                                         deny_namespaces, deny_requests};
    return filter_install(SCMP_ACT_ALLOW, parts, array_length(parts), err);
}
