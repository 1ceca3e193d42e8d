/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fault: /opt/claudex-init on a kernel that fails where it is told to, with the same arguments;
 * by way of /opt/net_without where that is there.
 *
 *     fault WHO WHAT CALLS K REPORT COMMAND [ARG…]
 *
 * runs COMMAND, which is `box run … -- fault [ARG…]`. What that starts as PID 1 installs a
 * seccomp filter that asks us about each of CALLS, and becomes claudex-init; so its calls and
 * those of all that it starts are ours to answer.
 *
 *     WHO     first, PID 1; workers, what it starts until that is the session; any, both; all,
 *             the session and what comes of it too
 *     WHAT    an errno (ENOMEM); lost: 0 is the answer, and nothing was done; kill: the process
 *             dies in that call
 *     CALLS   names with commas between, each of tests/box/fault_calls.h
 *     K       which of them, from 1; "K-" is that and all that come after it
 *     REPORT  a file that gets their number
 *
 * Ends with the status of COMMAND, 99 if something is wrong with us.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/netfilter_ipv4/ip_tables.h> /* after netinet/in.h */

#include "tests/box/fault_calls.h"

enum {
    OURS = 200, /* the descriptor through which PID 1 hands us its filter; never asked about */
    HARNESS_FAILED = 99,
    CALLS_MAX = 48,
    FIRST_WORKER = 64990, /* shared/names.h */
};

static const struct {
    const char *name;
    int number;
} errors[] = {{"EAGAIN", EAGAIN},
              {"ENOMEM", ENOMEM},
              {"EMFILE", EMFILE},
              {"ENOSPC", ENOSPC},
              {"EPERM", EPERM},
              {"ENOSYS", ENOSYS},
              {"EINVAL", EINVAL},
              {"ENOBUFS", ENOBUFS},
              {"EPROTONOSUPPORT", EPROTONOSUPPORT},
              {"EIO", EIO},
              {"ENOPROTOOPT", ENOPROTOOPT},
              {"EAFNOSUPPORT", EAFNOSUPPORT}};

static struct {
    enum { FIRST, WORKERS, ANYBODY, ALL } who;
    enum { FAIL, LOSE, KILL } what;
    int error;
    long first_k, last_k, count;
    const struct call *chosen[CALLS_MAX];
    int chosen_count;
    pid_t first; /* PID 1, as this machine sees it; 0: not seen yet */
} fault;

static void need(int ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    _exit(HARNESS_FAILED);
}

static void choose(char *names)
{
    for (char *rest, *name = strtok_r(names, ",", &rest); name;
         name = strtok_r(NULL, ",", &rest)) {
        const struct call *call = calls;
        while (call < calls + CALLS && strcmp(call->name, name) != 0)
            call++;
        /* open(2) and the like are not there on every machine. */
        if (call == calls + CALLS)
            continue;
        errno = E2BIG;
        need(fault.chosen_count < CALLS_MAX, name);
        fault.chosen[fault.chosen_count++] = call;
    }
    errno = EINVAL;
    need(fault.chosen_count > 0, "no such call");
}

/* --- PID 1 of the box ------------------------------------------------------------------- */

/* A filter that asks about the chosen calls, and its listener. */
static int install(void)
{
    struct sock_filter code[CALLS_MAX + 5];
    unsigned short at = 0;
    uint8_t n = (uint8_t)fault.chosen_count;
    code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                              offsetof(struct seccomp_data, args[0]));
    code[at++] =
        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OURS, (uint8_t)(n + 1), 0);
    code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                              offsetof(struct seccomp_data, nr));
    for (uint8_t i = 0; i < n; i++)
        code[at++] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, (unsigned)fault.chosen[i]->nr, (uint8_t)(n - i), 0);
    code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    struct sock_fprog program = {.len = at, .filter = code};
    need(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS");
    int fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                          SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    need(fd >= 0, "SECCOMP_FILTER_FLAG_NEW_LISTENER");
    return fd;
}

static int become_init(char **argv)
{
    static char init[] = "/opt/claudex-init", without[] = "/opt/net_without";
    char *path = access(without, X_OK) == 0 ? without : init;
    char *names = getenv("FAULT");
    errno = EINVAL;
    need(names != NULL, "FAULT");
    choose(names);
    need(fcntl(OURS, F_SETFD, FD_CLOEXEC) == 0, "fault runs it");
    int listener = install();
    char byte = 0, room[CMSG_SPACE(sizeof listener)] = {0};
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof listener);
    memcpy(CMSG_DATA(header), &listener, sizeof listener);
    need(sendmsg(OURS, &message, 0) == 1, "handing on the filter");
    /* Anything we do now is asked about already: both are closed by execve(2). */
    argv[0] = path;
    execv(path, argv);
    perror(path);
    return HARNESS_FAILED;
}

/* --- outside ---------------------------------------------------------------------------- */

static int take_listener(int from)
{
    int listener = -1;
    char byte, room[CMSG_SPACE(sizeof listener)];
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    if (recvmsg(from, &message, MSG_CMSG_CLOEXEC) != 1)
        return -1; /* the box ended before there was one */
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header)
        memcpy(&listener, CMSG_DATA(header), sizeof listener);
    return listener;
}

/* Root, or a worker: the session and what it starts have the project's owner's uid. */
static int is_worker(pid_t pid)
{
    char path[64], text[512];
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n < 0 ? 0 : n] = 0;
    const char *uid = strstr(text, "\nUid:");
    long number = uid ? strtol(uid + 5, NULL, 10) : 1;
    return number == 0 || (number >= FIRST_WORKER && number < FIRST_WORKER + 10);
}

static int is_meant(const struct seccomp_notif *asked)
{
    pid_t pid = (pid_t)asked->pid;
    int matches = 0;
    if (!fault.first)
        fault.first = pid;
    for (int i = 0; i < fault.chosen_count; i++) {
        const struct call *call = fault.chosen[i];
        int fits = call->nr == asked->data.nr;
        for (int w = 0; w < 2 && fits; w++) {
            uint32_t value = call->where[w].argument == ANY
                                 ? 0
                                 : (uint32_t)asked->data.args[call->where[w].argument];
            fits = value >= call->where[w].low && value <= call->where[w].high;
        }
        matches |= fits;
    }
    if (!matches || (fault.who == FIRST && pid != fault.first))
        return 0;
    if (fault.who == WORKERS && pid == fault.first)
        return 0;
    return fault.who == ALL || pid == fault.first || is_worker(pid);
}

/* What follows a commit, and would tell that it was lost. */
static int counts_after_commit(const struct seccomp_notif *asked)
{
    return asked->data.nr == __NR_setsockopt && asked->data.args[2] == IPT_SO_SET_ADD_COUNTERS;
}

static void answer(int listener, const struct seccomp_notif *asked)
{
    struct seccomp_notif_resp reply = {.id = asked->id,
                                       .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    int meant = is_meant(asked);
    if (meant)
        fault.count++;
    else if (fault.what == LOSE && counts_after_commit(asked))
        meant = 1;
    /* glibc's malloc falls back to mmap(2) for good, which is what is to fail. */
    if (asked->data.nr == __NR_brk)
        reply.flags = 0;
    else if (meant && fault.count >= fault.first_k && fault.count <= fault.last_k) {
        reply.flags = 0;
        reply.error = fault.what == FAIL ? -fault.error : 0;
        if (fault.what == KILL)
            (void)kill((pid_t)asked->pid, SIGKILL);
    }
    /* ENOENT: it was killed meanwhile. */
    (void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

static void serve(int listener, pid_t pid)
{
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    need(pidfd >= 0, "pidfd_open");
    struct pollfd ready[] = {{.fd = pidfd, .events = POLLIN},
                             {.fd = listener, .events = POLLIN}};
    while (poll(ready, 2, -1) >= 0 && !ready[0].revents) {
        struct seccomp_notif asked = {0};
        if (ready[1].revents & POLLIN) {
            if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) == 0)
                answer(listener, &asked);
        } else if (ready[1].revents) {
            ready[1].fd = -1; /* nobody is left who could ask */
        }
    }
    close(pidfd);
}

static void parse(char **argv)
{
    static const char *const who[] = {"first", "workers", "any", "all"};
    for (size_t i = 0; i < sizeof who / sizeof who[0]; i++)
        if (strcmp(argv[1], who[i]) == 0)
            fault.who = (unsigned)i;
    fault.what = strcmp(argv[2], "lost") == 0   ? LOSE
                 : strcmp(argv[2], "kill") == 0 ? KILL
                                                : FAIL;
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (strcmp(argv[2], errors[i].name) == 0)
            fault.error = errors[i].number;
    errno = EINVAL;
    need(fault.what != FAIL || fault.error, argv[2]);
    (void)setenv("FAULT", argv[3], 1);
    choose(argv[3]);
    char *end;
    fault.first_k = fault.last_k = strtol(argv[4], &end, 10);
    if (*end == '-')
        fault.last_k = LONG_MAX;
}

int main(int argc, char **argv)
{
    int channel[2], status;
    if (getpid() == 1)
        return become_init(argv);
    if (strcmp(argv[0], "/init") == 0) { /* somebody enters the box */
        execv("/opt/claudex-init", argv);
        need(0, "/opt/claudex-init");
    }
    errno = EINVAL;
    need(argc > 6, "usage: fault WHO WHAT CALLS K REPORT COMMAND…");
    parse(argv);
    need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) == 0, "socketpair");
    pid_t pid = fork();
    need(pid >= 0, "fork");
    if (pid == 0) {
        need(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && dup2(channel[1], OURS) == OURS,
             "dup2");
        execv(argv[6], argv + 6);
        need(0, argv[6]);
    }
    close(channel[1]);
    int listener = take_listener(channel[0]);
    if (listener >= 0)
        serve(listener, pid);
    need(waitpid(pid, &status, 0) == pid, "waitpid");
    FILE *report = fopen(argv[5], "we");
    need(report && fprintf(report, "%ld\n", fault.count) > 0 && fclose(report) == 0, argv[5]);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
