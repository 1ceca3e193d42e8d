/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filters of PID 1's workers: which calls each makes, and EPERM for every other. */
#include <errno.h>
#include <sched.h>
#include <sys/socket.h>

#include "init/seccomp.h"
#include "init/seccomp_filter.h"
#include "shared/cleanup.h"

/* --- what each of them makes ------------------------------------------------------------- */

/* Memory, time, its end, and what privs_verify() looks at. */
static const int all[] = {SCMP_SYS(brk),       SCMP_SYS(munmap),        SCMP_SYS(mremap),
                          SCMP_SYS(madvise),   SCMP_SYS(clock_gettime), SCMP_SYS(getrandom),
                          SCMP_SYS(futex),     SCMP_SYS(rt_sigreturn),  SCMP_SYS(exit_group),
                          SCMP_SYS(prctl),     SCMP_SYS(capget),        SCMP_SYS(getresuid),
                          SCMP_SYS(getresgid), SCMP_SYS(getgroups)};

/* Sockets and pipes: the gate opens no file, starts no process, maps no code. */
static const int gate[] = {
    SCMP_SYS(accept4),     SCMP_SYS(connect),     SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
    SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(recvfrom),   SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),    SCMP_SYS(sendto),      SCMP_SYS(sendmsg),    SCMP_SYS(sendmmsg),
    SCMP_SYS(shutdown),    SCMP_SYS(read),        SCMP_SYS(write),      SCMP_SYS(readv),
    SCMP_SYS(writev),      SCMP_SYS(splice),      SCMP_SYS(pipe2),      SCMP_SYS(close),
    SCMP_SYS(fcntl),       SCMP_SYS(epoll_ctl),   SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
    SCMP_SYS(poll),        SCMP_SYS(gettimeofday)};

/* Bytes between sockets that come from the gate: a carrier cannot even make or accept one. */
static const int carrier[] = {SCMP_SYS(recvmsg),    SCMP_SYS(recvfrom),   SCMP_SYS(shutdown),
                              SCMP_SYS(splice),     SCMP_SYS(pipe2),      SCMP_SYS(fcntl),
                              SCMP_SYS(close),      SCMP_SYS(setsockopt), SCMP_SYS(epoll_ctl),
                              SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait)};

/* Sockets that are there: the ssh proxy cannot even make one. */
static const int ssh[] = {SCMP_SYS(accept4),    SCMP_SYS(getsockopt), SCMP_SYS(recvfrom),
                          SCMP_SYS(recvmsg),    SCMP_SYS(sendto),     SCMP_SYS(write),
                          SCMP_SYS(close),      SCMP_SYS(epoll_ctl),  SCMP_SYS(epoll_wait),
                          SCMP_SYS(epoll_pwait)};

/* An answer: what parses a stranger's bytes needs nothing else. */
static const int parser[] = {SCMP_SYS(read), SCMP_SYS(write)};

/* Files and threads: no socket is made, no process or program started. openat2 is for
 * RESOLVE_NO_SYMLINKS; it opens nothing that openat would not. */
static const int git_contents[] = {
    SCMP_SYS(read),      SCMP_SYS(write),           SCMP_SYS(pread64), SCMP_SYS(pwrite64),
    SCMP_SYS(readv),     SCMP_SYS(writev),          SCMP_SYS(open),    SCMP_SYS(openat),
    SCMP_SYS(openat2),   SCMP_SYS(close),           SCMP_SYS(lseek),   SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate), SCMP_SYS(flock),           SCMP_SYS(fsync),   SCMP_SYS(fdatasync),
    SCMP_SYS(syncfs),    SCMP_SYS(sync_file_range), SCMP_SYS(fcntl),   SCMP_SYS(dup),
    SCMP_SYS(dup3),      SCMP_SYS(sendmsg)};
static const int git_names[] = {
    SCMP_SYS(stat),       SCMP_SYS(lstat),      SCMP_SYS(fstat),     SCMP_SYS(newfstatat),
    SCMP_SYS(statx),      SCMP_SYS(statfs),     SCMP_SYS(fstatfs),   SCMP_SYS(getdents64),
    SCMP_SYS(readlink),   SCMP_SYS(readlinkat), SCMP_SYS(access),    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2), SCMP_SYS(mkdir),      SCMP_SYS(mkdirat),   SCMP_SYS(rmdir),
    SCMP_SYS(unlink),     SCMP_SYS(unlinkat),   SCMP_SYS(rename),    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),  SCMP_SYS(symlink),    SCMP_SYS(symlinkat), SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat),   SCMP_SYS(umask),      SCMP_SYS(getcwd)};
static const int git_threads[] = {SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
                                  SCMP_SYS(gettid),          SCMP_SYS(getpid),
                                  SCMP_SYS(getuid),          SCMP_SYS(geteuid),
                                  SCMP_SYS(getgid),          SCMP_SYS(getegid),
                                  SCMP_SYS(setfsuid),        SCMP_SYS(setfsgid),
                                  SCMP_SYS(prlimit64),       SCMP_SYS(sched_getaffinity),
                                  SCMP_SYS(sched_yield),     SCMP_SYS(clock_nanosleep),
                                  SCMP_SYS(gettimeofday),    SCMP_SYS(sysinfo),
                                  SCMP_SYS(rt_sigprocmask),  SCMP_SYS(rt_sigaction),
                                  SCMP_SYS(sigaltstack),     SCMP_SYS(exit)};

/* --- filters ----------------------------------------------------------------------------- */

/* Of these tables, and memory that holds no code. */
static int allow(scmp_filter_ctx filter, const int *calls, size_t count)
{
    int failed = filter_allow(filter, all, array_length(all));
    if (!failed)
        failed = filter_allow(filter, calls, count);
    return failed ? failed : filter_allow_data(filter, SCMP_SYS(mmap));
}

static int allow_gate(scmp_filter_ctx filter)
{
    static const uint32_t internet[] = {AF_INET, AF_INET6};
    int failed = allow(filter, gate, array_length(gate));
    for (size_t i = 0; i < array_length(internet) && !failed; i++) {
        struct scmp_arg_cmp family = LOW_BITS_EQUAL(0, UINT32_MAX, internet[i]);
        failed = filter_allow_where(filter, SCMP_SYS(socket), &family);
    }
    return failed;
}

/* It may send, but not to an address: with MSG_FASTOPEN, that would connect (tcp(7)). */
static int allow_carrier(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp nowhere = {.arg = 4, .op = SCMP_CMP_EQ, .datum_a = 0};
    int failed = allow(filter, carrier, array_length(carrier));
    return failed ? failed : filter_allow_where(filter, SCMP_SYS(sendto), &nowhere);
}

static int allow_ssh(scmp_filter_ctx filter)
{
    return allow(filter, ssh, array_length(ssh));
}

static int allow_parser(scmp_filter_ctx filter)
{
    return allow(filter, parser, array_length(parser));
}

static int allow_git(scmp_filter_ctx filter)
{
    struct scmp_arg_cmp thread = LOW_BITS_EQUAL(0, CLONE_THREAD, CLONE_THREAD);
    int failed = allow(filter, git_contents, array_length(git_contents));
    if (!failed)
        failed = filter_allow(filter, git_names, array_length(git_names));
    if (!failed)
        failed = filter_allow(filter, git_threads, array_length(git_threads));
    if (!failed)
        failed = filter_allow_data(filter, SCMP_SYS(mprotect));
    if (!failed)
        failed = filter_allow_where(filter, SCMP_SYS(clone), &thread);
    /* Its flags are in memory; libc falls back to clone. */
    return failed ? failed : filter_refuse(filter, ENOSYS, SCMP_SYS(clone3), 0, NULL);
}

static int enforce(filter_part *part, struct error *err)
{
    return filter_install(SCMP_ACT_ERRNO(EPERM), &part, 1, err);
}

int seccomp_enforce_gate(struct error *err)
{
    return enforce(allow_gate, err);
}

int seccomp_enforce_carrier(struct error *err)
{
    return enforce(allow_carrier, err);
}

int seccomp_enforce_ssh(struct error *err)
{
    return enforce(allow_ssh, err);
}

int seccomp_enforce_parser(struct error *err)
{
    return enforce(allow_parser, err);
}

int seccomp_enforce_git(struct error *err)
{
    return enforce(allow_git, err);
}
