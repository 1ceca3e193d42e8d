/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>

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

/* Allowed values of an int argument as ranges; what lies between is denied. */
struct range {
    uint32_t first, last;
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

/*
 * Compares arguments the way the kernel reads them: an int's upper 32 bits are garbage that it
 * ignores, so a filter that looked at them could be walked around.
 */
#define LOW_BITS_EQUAL(argument, mask, value)                                                  \
    SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, (uint64_t)(mask)&UINT32_MAX, (uint64_t)(value))

static int refuse(scmp_filter_ctx filter, int error, int number, unsigned count,
                  const struct scmp_arg_cmp *arguments)
{
    return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO((uint16_t)error), number, count,
                                  arguments);
}

/* Denies first..last, cut into aligned blocks as a CIDR list is: each is one masked compare. */
static int refuse_range(scmp_filter_ctx filter, int error, int number, unsigned argument,
                        uint64_t first, uint64_t last, const struct scmp_arg_cmp *also)
{
    while (first <= last) {
        uint64_t size = first ? first & -first : (uint64_t)1 << 32;
        while (first + size - 1 > last)
            size /= 2;
        struct scmp_arg_cmp compare[2] = {LOW_BITS_EQUAL(argument, ~(size - 1), first)};
        if (also)
            compare[1] = *also;
        int failed = refuse(filter, error, number, also ? 2 : 1, compare);
        if (failed)
            return failed;
        first += size;
    }
    return 0;
}

/* Denies what none of the ranges, in ascending order, allows. */
static int allow_only(scmp_filter_ctx filter, int error, int number, unsigned argument,
                      const struct range *ranges, size_t count, const struct scmp_arg_cmp *also)
{
    uint64_t next = 0;
    for (size_t i = 0; i <= count; i++) {
        uint64_t until = i < count ? ranges[i].first : (uint64_t)UINT32_MAX + 1;
        int failed = until > next
                         ? refuse_range(filter, error, number, argument, next, until - 1, also)
                         : 0;
        if (failed)
            return failed;
        if (i < count)
            next = (uint64_t)ranges[i].last + 1;
    }
    return 0;
}

static int deny_calls(scmp_filter_ctx filter)
{
    int failed = 0;
    for (size_t i = 0; i < array_length(denied) && !failed; i++)
        failed = refuse(filter, denied[i].error, denied[i].number, 0, NULL);
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
                failed = refuse(filter, EPERM, modes[i].number, 1, compare);
                if (failed)
                    return failed;
                continue;
            }
            for (size_t f = 0; f < array_length(creating); f++) {
                unsigned argument = (unsigned)modes[i].flags_argument;
                compare[1] = LOW_BITS_EQUAL(argument, creating[f], creating[f]);
                failed = refuse(filter, EPERM, modes[i].number, 2, compare);
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
        failed = allow_only(filter, EAFNOSUPPORT, calls[i], 0, families, array_length(families),
                            NULL);
    for (size_t i = 0; i < array_length(internet) && !failed; i++) {
        struct scmp_arg_cmp family = LOW_BITS_EQUAL(0, UINT32_MAX, internet[i]);
        for (uint32_t type = 0; type <= TYPE_BITS && !failed; type++) {
            if (type == SOCK_STREAM || type == SOCK_DGRAM)
                continue;
            struct scmp_arg_cmp compare[2] = {family, LOW_BITS_EQUAL(1, TYPE_BITS, type)};
            failed = refuse(filter, EPERM, SCMP_SYS(socket), 2, compare);
        }
        if (!failed)
            failed = allow_only(filter, EPROTONOSUPPORT, SCMP_SYS(socket), 2, protocols,
                                array_length(protocols), &family);
    }
    struct scmp_arg_cmp netlink = LOW_BITS_EQUAL(0, UINT32_MAX, AF_NETLINK);
    if (!failed)
        failed = allow_only(filter, EAFNOSUPPORT, SCMP_SYS(socket), 2, route,
                            array_length(route), &netlink);
    return failed;
}

static int deny_namespaces(scmp_filter_ctx filter)
{
    int failed = 0;
    for (size_t i = 0; i < array_length(namespaces) && !failed; i++) {
        struct scmp_arg_cmp flag = LOW_BITS_EQUAL(0, namespaces[i], namespaces[i]);
        failed = refuse(filter, EPERM, SCMP_SYS(unshare), 1, &flag);
        if (!failed)
            failed = refuse(filter, EPERM, SCMP_SYS(clone), 1, &flag);
    }
    /* In clone's flags that bit belongs to the signal at the child's end. */
    struct scmp_arg_cmp flag = LOW_BITS_EQUAL(0, CLONE_NEWTIME, CLONE_NEWTIME);
    return failed ? failed : refuse(filter, EPERM, SCMP_SYS(unshare), 1, &flag);
}

static int deny_requests(scmp_filter_ctx filter)
{
    int failed = 0;
    for (size_t i = 0; i < array_length(terminal_requests) && !failed; i++) {
        struct scmp_arg_cmp request = LOW_BITS_EQUAL(1, UINT32_MAX, terminal_requests[i]);
        failed = refuse(filter, EPERM, SCMP_SYS(ioctl), 1, &request);
    }
    return failed ? failed
                  : allow_only(filter, EPERM, SCMP_SYS(personality), 0, personalities,
                               array_length(personalities), NULL);
}

static void release(scmp_filter_ctx *filter)
{
    seccomp_release(*filter);
}

/* Only the native calls: the other tables (32 bits, x32) have numbers of their own for
 * everything above. Killed, not refused: a process whose every call fails, exit included, would
 * do what nobody can foresee; SIGSYS says what happened. no_new_privs is set by privs, which is
 * checked; libseccomp need not do it again. */
static int set_attributes(scmp_filter_ctx filter)
{
    int failed = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    return failed ? failed : seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
}

static int install(uint32_t otherwise, int (*const *parts)(scmp_filter_ctx), size_t count,
                   struct error *err)
{
    cleanup_with(release) scmp_filter_ctx filter = seccomp_init(otherwise);
    if (!filter)
        return error_set(err, "cannot make a seccomp filter: out of memory");
    int failed = set_attributes(filter);
    for (size_t i = 0; i < count && !failed; i++)
        failed = parts[i](filter);
    if (!failed)
        failed = seccomp_load(filter);
    if (failed) {
        errno = -failed;
        return error_errno(err, "cannot install the seccomp filter");
    }
    return 0;
}

int seccomp_enforce(struct error *err)
{
    static int (*const parts[])(scmp_filter_ctx) = {deny_calls, deny_set_ids, deny_sockets,
                                                    deny_namespaces, deny_requests};
    return install(SCMP_ACT_ALLOW, parts, array_length(parts), err);
}

static int allow_calls(scmp_filter_ctx filter, const int *calls, size_t count)
{
    int failed = 0;
    for (size_t i = 0; i < count && !failed; i++)
        failed = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, calls[i], 0, NULL);
    return failed;
}

/* mmap or mprotect, of memory that holds no code. */
static int allow_data(scmp_filter_ctx filter, int call)
{
    struct scmp_arg_cmp data = LOW_BITS_EQUAL(2, PROT_EXEC, 0);
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &data);
}

/* Sockets, pipes, memory, time: the gate opens no file, starts no process, maps no code. */
static int allow_gate(scmp_filter_ctx filter)
{
    static const int calls[] = {
        SCMP_SYS(accept4),      SCMP_SYS(connect),     SCMP_SYS(getsockopt),
        SCMP_SYS(setsockopt),   SCMP_SYS(getsockname), SCMP_SYS(getpeername),
        SCMP_SYS(recvfrom),     SCMP_SYS(recvmsg),     SCMP_SYS(recvmmsg),
        SCMP_SYS(sendto),       SCMP_SYS(sendmsg),     SCMP_SYS(sendmmsg),
        SCMP_SYS(shutdown),     SCMP_SYS(read),        SCMP_SYS(write),
        SCMP_SYS(readv),        SCMP_SYS(writev),      SCMP_SYS(splice),
        SCMP_SYS(pipe2),        SCMP_SYS(close),       SCMP_SYS(fcntl),
        SCMP_SYS(epoll_ctl),    SCMP_SYS(epoll_wait),  SCMP_SYS(epoll_pwait),
        SCMP_SYS(poll),         SCMP_SYS(brk),         SCMP_SYS(munmap),
        SCMP_SYS(mremap),       SCMP_SYS(madvise),     SCMP_SYS(clock_gettime),
        SCMP_SYS(gettimeofday), SCMP_SYS(getrandom),   SCMP_SYS(futex),
        SCMP_SYS(rt_sigreturn), SCMP_SYS(exit_group),  SCMP_SYS(prctl),
        SCMP_SYS(capget),       SCMP_SYS(getresuid),   SCMP_SYS(getresgid),
        SCMP_SYS(getgroups),
    };
    static const uint32_t internet[] = {AF_INET, AF_INET6};
    int failed = allow_calls(filter, calls, array_length(calls));
    for (size_t i = 0; i < array_length(internet) && !failed; i++) {
        struct scmp_arg_cmp family = LOW_BITS_EQUAL(0, UINT32_MAX, internet[i]);
        failed = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, &family);
    }
    return failed ? failed : allow_data(filter, SCMP_SYS(mmap));
}

/* Memory and an answer: what parses a stranger's bytes needs nothing else. */
static int allow_parser(scmp_filter_ctx filter)
{
    static const int calls[] = {
        SCMP_SYS(read),   SCMP_SYS(write),        SCMP_SYS(brk),           SCMP_SYS(munmap),
        SCMP_SYS(mremap), SCMP_SYS(madvise),      SCMP_SYS(clock_gettime), SCMP_SYS(getrandom),
        SCMP_SYS(futex),  SCMP_SYS(rt_sigreturn), SCMP_SYS(exit_group),    SCMP_SYS(prctl),
        SCMP_SYS(capget), SCMP_SYS(getresuid),    SCMP_SYS(getresgid),     SCMP_SYS(getgroups),
    };
    int failed = allow_calls(filter, calls, array_length(calls));
    return failed ? failed : allow_data(filter, SCMP_SYS(mmap));
}

int seccomp_enforce_parser(struct error *err)
{
    static int (*const parts[])(scmp_filter_ctx) = {allow_parser};
    return install(SCMP_ACT_ERRNO(EPERM), parts, array_length(parts), err);
}

int seccomp_enforce_gate(struct error *err)
{
    static int (*const parts[])(scmp_filter_ctx) = {allow_gate};
    return install(SCMP_ACT_ERRNO(EPERM), parts, array_length(parts), err);
}

/* Sockets that are there, memory, time: the ssh proxy cannot even make a socket. */
static int allow_ssh(scmp_filter_ctx filter)
{
    static const int calls[] = {
        SCMP_SYS(accept4),     SCMP_SYS(getsockopt), SCMP_SYS(recvfrom),
        SCMP_SYS(recvmsg),     SCMP_SYS(sendto),     SCMP_SYS(write),
        SCMP_SYS(close),       SCMP_SYS(epoll_ctl),  SCMP_SYS(epoll_wait),
        SCMP_SYS(epoll_pwait), SCMP_SYS(brk),        SCMP_SYS(munmap),
        SCMP_SYS(mremap),      SCMP_SYS(madvise),    SCMP_SYS(clock_gettime),
        SCMP_SYS(futex),       SCMP_SYS(getrandom),  SCMP_SYS(rt_sigreturn),
        SCMP_SYS(exit_group),  SCMP_SYS(prctl),      SCMP_SYS(capget),
        SCMP_SYS(getresuid),   SCMP_SYS(getresgid),  SCMP_SYS(getgroups),
    };
    int failed = allow_calls(filter, calls, array_length(calls));
    return failed ? failed : allow_data(filter, SCMP_SYS(mmap));
}

int seccomp_enforce_ssh(struct error *err)
{
    static int (*const parts[])(scmp_filter_ctx) = {allow_ssh};
    return install(SCMP_ACT_ERRNO(EPERM), parts, array_length(parts), err);
}

/* Files, threads, memory, time: no socket is made, no process or program started. */
static int allow_git(scmp_filter_ctx filter)
{
    static const int calls[] = {
        SCMP_SYS(read),
        SCMP_SYS(write),
        SCMP_SYS(pread64),
        SCMP_SYS(pwrite64),
        SCMP_SYS(readv),
        SCMP_SYS(writev),
        SCMP_SYS(open),
        SCMP_SYS(openat),
        SCMP_SYS(openat2), /* for RESOLVE_NO_SYMLINKS; it opens nothing that openat would not */
        SCMP_SYS(close),
        SCMP_SYS(lseek),
        SCMP_SYS(stat),
        SCMP_SYS(lstat),
        SCMP_SYS(fstat),
        SCMP_SYS(newfstatat),
        SCMP_SYS(statx),
        SCMP_SYS(statfs),
        SCMP_SYS(fstatfs),
        SCMP_SYS(getdents64),
        SCMP_SYS(readlink),
        SCMP_SYS(readlinkat),
        SCMP_SYS(access),
        SCMP_SYS(faccessat),
        SCMP_SYS(faccessat2),
        SCMP_SYS(mkdir),
        SCMP_SYS(mkdirat),
        SCMP_SYS(rmdir),
        SCMP_SYS(unlink),
        SCMP_SYS(unlinkat),
        SCMP_SYS(rename),
        SCMP_SYS(renameat),
        SCMP_SYS(renameat2),
        SCMP_SYS(symlink),
        SCMP_SYS(symlinkat),
        SCMP_SYS(fchmod),
        SCMP_SYS(fchmodat),
        SCMP_SYS(ftruncate),
        SCMP_SYS(fallocate),
        SCMP_SYS(flock),
        SCMP_SYS(fsync),
        SCMP_SYS(fdatasync),
        SCMP_SYS(syncfs),
        SCMP_SYS(sync_file_range),
        SCMP_SYS(fcntl),
        SCMP_SYS(dup),
        SCMP_SYS(dup3),
        SCMP_SYS(umask),
        SCMP_SYS(getcwd),
        SCMP_SYS(sendmsg),
        SCMP_SYS(brk),
        SCMP_SYS(munmap),
        SCMP_SYS(mremap),
        SCMP_SYS(madvise),
        SCMP_SYS(futex),
        SCMP_SYS(set_robust_list),
        SCMP_SYS(rseq),
        SCMP_SYS(gettid),
        SCMP_SYS(getpid),
        SCMP_SYS(getuid),
        SCMP_SYS(geteuid),
        SCMP_SYS(getgid),
        SCMP_SYS(getegid),
        SCMP_SYS(getresuid),
        SCMP_SYS(getresgid),
        SCMP_SYS(getgroups),
        SCMP_SYS(setfsuid),
        SCMP_SYS(setfsgid),
        SCMP_SYS(capget),
        SCMP_SYS(prctl),
        SCMP_SYS(prlimit64),
        SCMP_SYS(sched_getaffinity),
        SCMP_SYS(sched_yield),
        SCMP_SYS(clock_gettime),
        SCMP_SYS(clock_nanosleep),
        SCMP_SYS(gettimeofday),
        SCMP_SYS(getrandom),
        SCMP_SYS(sysinfo),
        SCMP_SYS(rt_sigprocmask),
        SCMP_SYS(rt_sigaction),
        SCMP_SYS(rt_sigreturn),
        SCMP_SYS(sigaltstack),
        SCMP_SYS(exit),
        SCMP_SYS(exit_group),
    };
    static const int mappings[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
    int failed = allow_calls(filter, calls, array_length(calls));
    for (size_t i = 0; i < array_length(mappings) && !failed; i++)
        failed = allow_data(filter, mappings[i]);
    struct scmp_arg_cmp thread = LOW_BITS_EQUAL(0, CLONE_THREAD, CLONE_THREAD);
    if (!failed)
        failed = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, &thread);
    /* Its flags are in memory; libc falls back to clone. */
    return failed ? failed : refuse(filter, ENOSYS, SCMP_SYS(clone3), 0, NULL);
}

int seccomp_enforce_git(struct error *err)
{
    static int (*const parts[])(scmp_filter_ctx) = {allow_git};
    return install(SCMP_ACT_ERRNO(EPERM), parts, array_length(parts), err);
}
