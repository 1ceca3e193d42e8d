/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe: what a hostile or clumsy program in a box might do, each by name.
 *
 *     probe die N            dies of signal N
 *     probe zombies N        N children of a child that dies: PID 1 has to bury them
 *     probe try NAME…        each attempt: "NAME ok", or "NAME EPERM", the kernel's answer
 *     probe terminal         what can be done to PID 1 through the terminal
 *     probe listen           says "listening" and waits behind the abstract socket that the
 *                            attempt `abstract` connects to
 *     probe freeze           stops all output of the terminal, as ^S does
 *     probe foreign CALL     getpid by the tables of 32-bit programs: int80 or x32
 *     probe landlock         the version of Landlock that the kernel has
 *
 * Attempts are raw system calls with garbage in the upper halves of int arguments: the kernel
 * does not look there, and neither may a filter.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* An int argument as a hostile program passes it. */
#define INT(x) (0x5a5a5a5a00000000L | (long)(unsigned)(x))

enum {
    NR_CLONE3 = 435,
    NR_OPENAT2 = 437,
    NR_PIDFD_GETFD = 438,
    NR_FCHMODAT2 = 452,
    NR_OPEN_TREE_ATTR = 467,
    FAMILY_ALG = 38,
    FAMILY_VSOCK = 40,
    FAMILY_XDP = 44,
    PROTOCOL_SCTP = 132,
    PROTOCOL_UDPLITE = 136,
    PROTOCOL_MPTCP = 262,
};

static long made(long fd)
{
    if (fd >= 0)
        close((int)fd);
    return fd;
}

#define SOCKET(name, family, type, protocol)                                                   \
    static long try_##name(void)                                                               \
    {                                                                                          \
        return made(syscall(SYS_socket, INT(family), INT(type), INT(protocol)));               \
    }
#define CALL(name, ...)                                                                        \
    static long try_##name(void)                                                               \
    {                                                                                          \
        return syscall(__VA_ARGS__);                                                           \
    }

SOCKET(unix, AF_UNIX, SOCK_STREAM, 0)
SOCKET(unix_raw, AF_UNIX, SOCK_RAW, 0) /* a datagram socket by another name */
SOCKET(tcp, AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)
SOCKET(tcp_named, AF_INET, SOCK_STREAM, IPPROTO_TCP)
SOCKET(tcp6, AF_INET6, SOCK_STREAM, IPPROTO_TCP)
SOCKET(udp, AF_INET, SOCK_DGRAM, IPPROTO_UDP)
SOCKET(udp6, AF_INET6, SOCK_DGRAM, 0)
SOCKET(route, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)
SOCKET(raw, AF_INET, SOCK_RAW, IPPROTO_ICMP)
SOCKET(raw_cloexec, AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP)
SOCKET(raw6, AF_INET6, SOCK_RAW, IPPROTO_ICMPV6)
SOCKET(packet_type, AF_INET, 10 /* SOCK_PACKET */, 0)
SOCKET(seqpacket, AF_INET, SOCK_SEQPACKET, 0)
SOCKET(packet, AF_PACKET, SOCK_DGRAM, 0)
SOCKET(vsock, FAMILY_VSOCK, SOCK_STREAM, 0)
SOCKET(alg, FAMILY_ALG, SOCK_SEQPACKET, 0)
SOCKET(xdp, FAMILY_XDP, SOCK_RAW, 0)
SOCKET(bluetooth, AF_BLUETOOTH, SOCK_RAW, 0)
SOCKET(unspecified, AF_UNSPEC, SOCK_STREAM, 0)
SOCKET(huge_family, 0x80000001, SOCK_STREAM, 0)
SOCKET(sctp, AF_INET, SOCK_STREAM, PROTOCOL_SCTP)
SOCKET(sctp6, AF_INET6, SOCK_STREAM, PROTOCOL_SCTP)
SOCKET(udplite, AF_INET, SOCK_DGRAM, PROTOCOL_UDPLITE)
SOCKET(mptcp, AF_INET, SOCK_STREAM, PROTOCOL_MPTCP)
SOCKET(gre, AF_INET, SOCK_DGRAM, IPPROTO_GRE)
SOCKET(netfilter, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER)
SOCKET(generic, AF_NETLINK, SOCK_RAW, NETLINK_GENERIC)
SOCKET(audit, AF_NETLINK, SOCK_RAW, NETLINK_AUDIT)

static long try_socketpair(void)
{
    int ends[2];
    return syscall(SYS_socketpair, INT(AF_UNIX), INT(SOCK_STREAM), INT(0), ends);
}

static long try_socketpair_vsock(void)
{
    int ends[2];
    return syscall(SYS_socketpair, INT(FAMILY_VSOCK), INT(SOCK_STREAM), INT(0), ends);
}

CALL(io_uring_setup, SYS_io_uring_setup, INT(1), NULL)
CALL(io_uring_enter, SYS_io_uring_enter, INT(-1), 0L, 0L, 0L, NULL, 0L)
CALL(io_uring_register, SYS_io_uring_register, INT(-1), 0L, NULL, 0L)
CALL(add_key, SYS_add_key, "user", "x", "x", 1L, INT(-3))
CALL(request_key, SYS_request_key, "user", "x", NULL, 0L)
CALL(keyctl, SYS_keyctl, INT(0), INT(-3), 1L)
CALL(userfaultfd, SYS_userfaultfd, INT(1))
CALL(bpf, SYS_bpf, INT(0), NULL, 0L)
CALL(perf_event_open, SYS_perf_event_open, NULL, 0L, INT(-1), INT(-1), 0L)
CALL(kexec_load, SYS_kexec_load, 0L, 0L, NULL, 0L)
CALL(kexec_file_load, SYS_kexec_file_load, INT(-1), INT(-1), 0L, NULL, 0L)
CALL(mount, SYS_mount, "none", "/tmp", "tmpfs", 0L, NULL)
CALL(umount, SYS_umount2, "/proc", 0L)
CALL(open_tree, SYS_open_tree, INT(AT_FDCWD), "/", 0L)
CALL(open_tree_attr, NR_OPEN_TREE_ATTR, INT(AT_FDCWD), "/", 0L, NULL, 0L)
CALL(move_mount, SYS_move_mount, INT(-1), "", INT(-1), "", 0L)
CALL(fsopen, SYS_fsopen, "tmpfs", 0L)
CALL(fsconfig, SYS_fsconfig, INT(-1), 0L, NULL, NULL, 0L)
CALL(fsmount, SYS_fsmount, INT(-1), 0L, 0L)
CALL(fspick, SYS_fspick, INT(-1), "", 0L)
CALL(mount_setattr, SYS_mount_setattr, INT(-1), "", 0L, NULL, 0L)
CALL(pivot_root, SYS_pivot_root, "/tmp", "/tmp")
CALL(chroot, SYS_chroot, "/tmp")
CALL(setns, SYS_setns, INT(-1), 0L)
CALL(clone3, NR_CLONE3, NULL, 0L)
CALL(open_by_handle_at, SYS_open_by_handle_at, INT(-1), NULL, 0L)
CALL(pidfd_getfd, NR_PIDFD_GETFD, INT(-1), 0L, 0L)
CALL(openat2, NR_OPENAT2, INT(AT_FDCWD), "/", NULL, 0L)
CALL(unshare_ns, SYS_unshare, INT(CLONE_NEWNS))
CALL(unshare_user, SYS_unshare, INT(CLONE_NEWUSER))
CALL(unshare_net, SYS_unshare, INT(CLONE_NEWNET))
CALL(unshare_pid, SYS_unshare, INT(CLONE_NEWPID))
CALL(unshare_ipc, SYS_unshare, INT(CLONE_NEWIPC))
CALL(unshare_uts, SYS_unshare, INT(CLONE_NEWUTS))
CALL(unshare_cgroup, SYS_unshare, INT(CLONE_NEWCGROUP))
CALL(unshare_time, SYS_unshare, INT(0x80))
CALL(unshare_files, SYS_unshare, (long)(CLONE_FILES | CLONE_FS)) /* its flags are a long */
CALL(clone_user, SYS_clone, INT(CLONE_NEWUSER | SIGCHLD), 0L, NULL, NULL, 0L)
CALL(clone_net, SYS_clone, INT(CLONE_NEWNET | CLONE_NEWUSER | SIGCHLD), 0L, NULL, NULL, 0L)
CALL(personality, SYS_personality, INT(0xffffffff))
CALL(personality_no_aslr, SYS_personality, INT(0x0040000))
CALL(personality_mmap_zero, SYS_personality, INT(0x0100000))
CALL(tiocsti, SYS_ioctl, 0L, INT(TIOCSTI), "x")
CALL(tioclinux, SYS_ioctl, 0L, INT(TIOCLINUX), "\3")

/* Ways to make a setuid or setgid file, in the working directory. */
#define NEW "probe-file"
#define DIR "probe-folder"
static void prepare(void)
{
    unlink(NEW);
    rmdir(DIR);
}
static long existing(void)
{
    prepare();
    return syscall(SYS_openat, AT_FDCWD, NEW, O_CREAT | O_RDWR, 0644);
}

#define FILE_CALL(name, ...)                                                                   \
    static long try_##name(void)                                                               \
    {                                                                                          \
        long fd = existing();                                                                  \
        (void)fd;                                                                              \
        long result = syscall(__VA_ARGS__);                                                    \
        made(fd);                                                                              \
        return result;                                                                         \
    }
#define NEW_CALL(name, ...)                                                                    \
    static long try_##name(void)                                                               \
    {                                                                                          \
        prepare();                                                                             \
        return syscall(__VA_ARGS__);                                                           \
    }

FILE_CALL(fchmod, SYS_fchmod, fd, INT(0755))
FILE_CALL(fchmod_suid, SYS_fchmod, fd, INT(04755))
FILE_CALL(fchmod_sgid, SYS_fchmod, fd, INT(02755))
FILE_CALL(fchmodat_suid, SYS_fchmodat, INT(AT_FDCWD), NEW, INT(04755))
FILE_CALL(fchmodat2_suid, NR_FCHMODAT2, INT(AT_FDCWD), NEW, INT(04755), 0L)
NEW_CALL(openat_suid, SYS_openat, INT(AT_FDCWD), NEW, INT(O_CREAT | O_WRONLY), INT(04755))
NEW_CALL(openat_sgid, SYS_openat, INT(AT_FDCWD), NEW, INT(O_CREAT | O_WRONLY), INT(02755))
NEW_CALL(tmpfile_suid, SYS_openat, INT(AT_FDCWD), ".", INT(O_TMPFILE | O_WRONLY), INT(04755))
/* Without O_CREAT that argument is whatever the register held. */
FILE_CALL(openat_garbage, SYS_openat, INT(AT_FDCWD), NEW, INT(O_RDONLY), INT(06755))
FILE_CALL(opendir_garbage, SYS_openat, INT(AT_FDCWD), ".", INT(O_DIRECTORY), INT(06755))
NEW_CALL(mkdirat, SYS_mkdirat, INT(AT_FDCWD), DIR, INT(0755))
NEW_CALL(mkdirat_sgid, SYS_mkdirat, INT(AT_FDCWD), DIR, INT(02755))
NEW_CALL(mknodat_suid, SYS_mknodat, INT(AT_FDCWD), NEW, INT(S_IFREG | 04755), 0L)
NEW_CALL(mknodat_device, SYS_mknodat, INT(AT_FDCWD), NEW, INT(S_IFCHR | 0644), 0x103L)
#ifdef SYS_chmod
FILE_CALL(chmod_suid, SYS_chmod, NEW, INT(04755))
FILE_CALL(chmod_sgid, SYS_chmod, NEW, INT(02755))
NEW_CALL(open_suid, SYS_open, NEW, INT(O_CREAT | O_WRONLY), INT(04755))
NEW_CALL(creat_suid, SYS_creat, NEW, INT(04755))
NEW_CALL(mkdir_sgid, SYS_mkdir, DIR, INT(02755))
NEW_CALL(mknod_suid, SYS_mknod, NEW, INT(S_IFREG | 04755), 0L)
#endif

/* The null byte in front makes it a name of the network namespace, out of reach of modes. */
static const struct sockaddr_un abstract = {.sun_family = AF_UNIX, .sun_path = "\0claudex"};

static long try_abstract(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    long result = connect(fd, (const struct sockaddr *)&abstract, sizeof abstract);
    int why = errno;
    close(fd);
    errno = why;
    return result;
}

static int listen_abstract(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(fd, (const struct sockaddr *)&abstract, sizeof abstract) < 0 || listen(fd, 5) < 0)
        return 1;
    puts("listening");
    for (;;)
        pause();
}

/* A debugger of one's own uid is no attack. */
static long try_ptrace_child(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(syscall(SYS_ptrace, 0L, 0L, 0L, 0L) == 0 ? 0 : 1); /* PTRACE_TRACEME */
    int status;
    waitpid(pid, &status, 0);
    return status;
}

CALL(ptrace_1, SYS_ptrace, 16L /* PTRACE_ATTACH */, 1L, 0L, 0L)
CALL(kill_1, SYS_kill, 1L, SIGKILL)
CALL(stop_1, SYS_kill, 1L, SIGSTOP)
CALL(term_1, SYS_kill, 1L, SIGTERM)
CALL(setuid_0, SYS_setuid, 0L)
CALL(setgroups, SYS_setgroups, 0L, NULL)
CALL(sethostname, SYS_sethostname, "x", 1L)

static long try_vm_read_1(void)
{
    long word;
    struct iovec {
        void *base;
        size_t length;
    } local = {&word, sizeof word}, remote = {(void *)0x10000, sizeof word};
    return syscall(SYS_process_vm_readv, 1L, &local, 1L, &remote, 1L, 0L);
}

static long try_pidfd_kill_1(void)
{
    long fd = syscall(SYS_pidfd_open, 1L, 0L);
    long result = fd < 0 ? fd : syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0L);
    int why = errno;
    made(fd);
    errno = why;
    return result;
}

/* A signal that pretends to come from outside. */
static long try_forged_signal(void)
{
    siginfo_t info = {.si_signo = SIGTERM, .si_code = SI_USER};
    return syscall(SYS_rt_sigqueueinfo, 1L, SIGTERM, &info);
}

#define ATTEMPT(name)                                                                          \
    {                                                                                          \
#name, try_##name                                                                      \
    }
/* clang-format off */
static const struct {
    const char *name;
    long (*try)(void);
} attempts[] = {
    ATTEMPT(unix), ATTEMPT(unix_raw), ATTEMPT(tcp), ATTEMPT(tcp_named), ATTEMPT(tcp6),
    ATTEMPT(udp), ATTEMPT(udp6), ATTEMPT(route), ATTEMPT(raw), ATTEMPT(raw_cloexec),
    ATTEMPT(raw6), ATTEMPT(packet_type), ATTEMPT(seqpacket), ATTEMPT(packet), ATTEMPT(vsock),
    ATTEMPT(alg), ATTEMPT(xdp), ATTEMPT(bluetooth), ATTEMPT(unspecified), ATTEMPT(huge_family),
    ATTEMPT(sctp), ATTEMPT(sctp6), ATTEMPT(udplite), ATTEMPT(mptcp), ATTEMPT(gre),
    ATTEMPT(netfilter), ATTEMPT(generic), ATTEMPT(audit), ATTEMPT(socketpair),
    ATTEMPT(socketpair_vsock), ATTEMPT(io_uring_setup), ATTEMPT(io_uring_enter),
    ATTEMPT(io_uring_register), ATTEMPT(add_key), ATTEMPT(request_key), ATTEMPT(keyctl),
    ATTEMPT(userfaultfd), ATTEMPT(bpf), ATTEMPT(perf_event_open), ATTEMPT(kexec_load),
    ATTEMPT(kexec_file_load), ATTEMPT(mount), ATTEMPT(umount), ATTEMPT(open_tree),
    ATTEMPT(open_tree_attr), ATTEMPT(move_mount), ATTEMPT(fsopen), ATTEMPT(fsconfig),
    ATTEMPT(fsmount), ATTEMPT(fspick), ATTEMPT(mount_setattr), ATTEMPT(pivot_root),
    ATTEMPT(chroot), ATTEMPT(setns), ATTEMPT(clone3), ATTEMPT(open_by_handle_at),
    ATTEMPT(pidfd_getfd), ATTEMPT(openat2), ATTEMPT(unshare_ns), ATTEMPT(unshare_user),
    ATTEMPT(unshare_net), ATTEMPT(unshare_pid), ATTEMPT(unshare_ipc), ATTEMPT(unshare_uts),
    ATTEMPT(unshare_cgroup), ATTEMPT(unshare_time), ATTEMPT(unshare_files),
    ATTEMPT(clone_user), ATTEMPT(clone_net), ATTEMPT(personality),
    ATTEMPT(personality_no_aslr), ATTEMPT(personality_mmap_zero), ATTEMPT(tiocsti),
    ATTEMPT(tioclinux), ATTEMPT(fchmod), ATTEMPT(fchmod_suid), ATTEMPT(fchmod_sgid),
    ATTEMPT(fchmodat_suid), ATTEMPT(fchmodat2_suid), ATTEMPT(openat_suid),
    ATTEMPT(openat_sgid), ATTEMPT(tmpfile_suid), ATTEMPT(openat_garbage),
    ATTEMPT(opendir_garbage), ATTEMPT(mkdirat), ATTEMPT(mkdirat_sgid), ATTEMPT(mknodat_suid),
    ATTEMPT(mknodat_device),
#ifdef SYS_chmod
    ATTEMPT(chmod_suid), ATTEMPT(chmod_sgid), ATTEMPT(open_suid), ATTEMPT(creat_suid),
    ATTEMPT(mkdir_sgid), ATTEMPT(mknod_suid),
#endif
    ATTEMPT(ptrace_child), ATTEMPT(ptrace_1), ATTEMPT(kill_1), ATTEMPT(stop_1),
    ATTEMPT(term_1), ATTEMPT(setuid_0), ATTEMPT(setgroups), ATTEMPT(sethostname),
    ATTEMPT(abstract), ATTEMPT(vm_read_1), ATTEMPT(pidfd_kill_1), ATTEMPT(forged_signal),
};
/* clang-format on */
enum { ATTEMPTS = sizeof attempts / sizeof attempts[0] };

static int try(const char *name)
{
    for (size_t i = 0; i < ATTEMPTS; i++) {
        if (strcmp(attempts[i].name, name) != 0)
            continue;
        pid_t self = getpid();
        errno = 0;
        long result = attempts[i].try();
        const char *why = result < 0 ? strerrorname_np(errno) : "ok";
        if (getpid() != self)
            _exit(0); /* a clone that was let through */
        printf("%s %s\n", name, why);
        return 0;
    }
    printf("%s is no attempt\n", name);
    return 1;
}

static void die(int number) __attribute__((noreturn));
static void die(int number)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)signal(number, SIG_DFL);
    (void)kill(getpid(), number);
    for (;;)
        pause();
}

static int zombies(int count)
{
    pid_t parent = fork();
    if (parent == 0) {
        for (int i = 0; i < count; i++)
            switch (fork()) {
            case -1:
                _exit(1);
            case 0:
                _exit(i & 0x7f);
            }
        _exit(0); /* all of them at once become PID 1's */
    }
    int status;
    waitpid(parent, &status, 0);
    if (status != 0) {
        printf("cannot start that many\n");
        return 1;
    }
    /* Their numbers follow each other, for nobody else forks here. Buried ones do not answer
     * any more; the last may take a moment. */
    for (int tries = 0; tries < 5000; tries++) {
        int left = 0;
        for (pid_t pid = parent + 1; pid <= parent + count; pid++)
            left += kill(pid, 0) == 0;
        if (left == 0) {
            printf("%d orphans, none left\n", count);
            return 0;
        }
        usleep(1000);
    }
    printf("some were never reaped\n");
    return 1;
}

static void say(const char *what, long result)
{
    printf("%s %s\n", what, result < 0 ? strerrorname_np(errno) : "ok");
}

/* Standard input is the terminal, and we lead its session. */
static int terminal(void)
{
    pid_t first = 1;
    (void)signal(SIGTTOU, SIG_IGN);
    say("ours", tcgetpgrp(0) == getpgrp() ? 0 : -1);
    say("tcsetpgrp", tcsetpgrp(0, 1));
    say("spgrp", syscall(SYS_ioctl, 0L, INT(TIOCSPGRP), &first));
    say("sti", syscall(SYS_ioctl, 0L, INT(TIOCSTI), "\3"));
    int mine = open("/dev/tty", O_RDWR);
    say("open", mine);
    say("sti_tty", syscall(SYS_ioctl, (long)mine, INT(TIOCSTI), "\3"));
    return 0;
}

static int foreign(const char *way)
{
#ifdef __x86_64__
    long result = 20; /* getpid of 32-bit programs */
    if (strcmp(way, "int80") == 0)
        __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    else
        result = syscall(0x40000000L | SYS_getpid);
    printf("%s answered %ld\n", way, result);
#else
    (void)way;
#endif
    return 0;
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    setlinebuf(stdout);
    if (strcmp(verb, "die") == 0 && argc == 3)
        die(atoi(argv[2]));
    if (strcmp(verb, "zombies") == 0 && argc == 3)
        return zombies(atoi(argv[2]));
    if (strcmp(verb, "terminal") == 0)
        return terminal();
    if (strcmp(verb, "listen") == 0)
        return listen_abstract();
    if (strcmp(verb, "freeze") == 0)
        return tcflow(0, TCOOFF) < 0;
    if (strcmp(verb, "foreign") == 0 && argc == 3)
        return foreign(argv[2]);
    if (strcmp(verb, "landlock") == 0) {
        long version = syscall(SYS_landlock_create_ruleset, NULL, 0L, 1L);
        printf("%ld\n", version < 0 ? 0 : version);
        return 0;
    }
    int failed = strcmp(verb, "try") == 0 ? 0 : 2;
    for (int i = 2; i < argc && failed != 2; i++)
        failed |= try(argv[i]);
    return failed;
}
