/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * box: what an engine does to start a container, without an engine.
 *
 *     box run [OPTIONS] -- PROGRAM [ARG…]
 *
 * makes PROGRAM PID 1 of new PID, mount, network, IPC and UTS namespaces, in a root of its own
 * made of the machine's /usr, with the capabilities that docker would leave it. Ends with its
 * exit status, 128 + n for signal n.
 *
 *     box enter [OPTIONS] PID -- PROGRAM [ARG…]
 *
 * runs it with the same capabilities in the namespaces of that process, as `docker exec` does.
 *
 * What claudex's own spec adds beyond that, no_new_privs for one, is left out: PID 1 sees to it
 * itself.
 *
 *     --before SCRIPT   sh, in the new root before anybody else sees it; $1 is that folder
 *     --drop NAME       without that capability, such as SETPCAP
 *     --pid FILE        where to write the PID that PROGRAM has on this machine
 *     --tty             a terminal, with stdin and stdout at its other end
 *     --env NAME=VALUE  beside PATH, HOME and TERM; may repeat
 *
 * Anything wrong with the harness itself: status 99. A box that takes over a minute is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <linux/capability.h>
#include <net/if.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

#define ROOT                                                                                   \
    "/sys" /* where the new root is built: everywhere there, and nothing of a test lies in it  \
            */

enum {
    HARNESS_FAILED = 99,
    ENV_MAX = 32,
    SECONDS_MAX = 150,
    MASTER_FD = 100, /* where a child holds the other end of its terminal */
};

static struct {
    const char *before, *pid_file;
    const char *env[ENV_MAX];
    size_t env_count;
    uint64_t capabilities;
    int tty;
    char **program;
} box;

/* As plugin/session/spec.c grants them. */
static const struct {
    const char *name;
    int number;
} capabilities[] = {
    {"NET_ADMIN", CAP_NET_ADMIN}, {"NET_RAW", CAP_NET_RAW}, {"SETUID", CAP_SETUID},
    {"SETGID", CAP_SETGID},       {"SETPCAP", CAP_SETPCAP}, {"CHOWN", CAP_CHOWN},
    {"KILL", CAP_KILL},
};
enum { CAPABILITIES = sizeof capabilities / sizeof capabilities[0] };

static void need(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "box: %s: %s\n", what, strerror(errno));
    _exit(HARNESS_FAILED);
}

static void mount_at(const char *source, const char *target, const char *type,
                     unsigned long flags, const char *data)
{
    need(mkdir(target, 0755) == 0 || errno == EEXIST, target);
    need(mount(source, target, type, flags, data) == 0, target);
}

static void bind_read_only(const char *source, const char *target)
{
    need(mount(source, target, NULL, MS_BIND, NULL) == 0, target);
    need(mount(NULL, target, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0, target);
}

static void write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    need(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
    close(fd);
}

static void make_devices(void)
{
    static const struct {
        const char *path;
        unsigned major, minor;
    } nodes[] = {{"dev/null", 1, 3},   {"dev/zero", 1, 5},    {"dev/full", 1, 7},
                 {"dev/random", 1, 8}, {"dev/urandom", 1, 9}, {"dev/tty", 5, 0}};
    mount_at("tmpfs", "dev", "tmpfs", MS_NOSUID, "mode=755");
    for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++) {
        dev_t number = (dev_t)(nodes[i].major << 8 | nodes[i].minor);
        need(mknod(nodes[i].path, S_IFCHR | 0666, number) == 0, nodes[i].path);
        need(chmod(nodes[i].path, 0666) == 0, nodes[i].path);
    }
    need(symlink("/proc/self/fd", "dev/fd") == 0, "dev/fd");
    mount_at("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
             "newinstance,ptmxmode=0666,mode=620,gid=5");
    need(symlink("pts/ptmx", "dev/ptmx") == 0, "dev/ptmx");
    mount_at("tmpfs", "dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
}

/* A Debian-like root, as an image would bring it, in a fresh tmpfs. */
static void make_root(void)
{
    static const char *const merged[] = {"bin", "sbin", "lib", "lib64", "lib32"};
    static const char *const folders[] = {"etc",       "run",     "tmp",        "var",
                                          "var/tmp",   "home",    "root",       "opt",
                                          "workspace", "context", "run/claudex"};
    need(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "mount --make-rprivate");
    mount_at("tmpfs", ROOT, "tmpfs", 0, "mode=755");
    need(chdir(ROOT) == 0, ROOT);
    need(mkdir("usr", 0755) == 0, "usr");
    bind_read_only("/usr", "usr");
    for (size_t i = 0; i < sizeof merged / sizeof merged[0]; i++) {
        char path[32], target[64] = "";
        (void)snprintf(path, sizeof path, "/%s", merged[i]);
        if (readlink(path, target, sizeof target - 1) > 0)
            need(symlink(target, merged[i]) == 0, merged[i]);
        else if (access(path, F_OK) == 0 && mkdir(merged[i], 0755) == 0)
            bind_read_only(path, merged[i]);
    }
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        need(mkdir(folders[i], 0755) == 0, folders[i]);
    need(chmod("tmp", 01777) == 0 && chmod("var/tmp", 01777) == 0, "tmp");
    need(mkdir("run/claudex/private", 0755) == 0, "run/claudex/private");
    need(mkdir("home/node", 0700) == 0 && chown("home/node", 1000, 1000) == 0, "home/node");
    write_text("etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"
                             "node:x:1000:1000::/home/node:/bin/bash\n");
    write_text("etc/group", "root:x:0:\ntty:x:5:\nnode:x:1000:\n");
    make_devices();
    mount_at("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

static void run_before(void)
{
    if (!box.before)
        return;
    pid_t pid = fork();
    need(pid >= 0, "fork");
    if (pid == 0) {
        execl("/bin/sh", "sh", "-euc", box.before, "before", ".", (char *)NULL);
        need(0, "/bin/sh");
    }
    int status;
    need(waitpid(pid, &status, 0) == pid, "waitpid");
    errno = ECANCELED;
    need(status == 0, "--before");
}

/* Without the loopback device no address is there at all; engines bring it up. */
static void loopback_up(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    need(fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0, "lo");
    request.ifr_flags |= IFF_UP;
    need(ioctl(fd, SIOCSIFFLAGS, &request) == 0, "lo");
    close(fd);
}

static void limit_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
    for (int number = 0; number < 64; number++)
        if (!(box.capabilities & (uint64_t)1 << number) &&
            prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0 && errno == EINVAL)
            break;
    for (size_t word = 0; word < _LINUX_CAPABILITY_U32S_3; word++)
        data[word].effective = data[word].permitted = data[word].inheritable =
            (uint32_t)(box.capabilities >> (32 * word));
    need(syscall(SYS_capset, &header, data) == 0, "capset");
}

static void become_program(void)
{
    static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                home[] = "HOME=/root", term[] = "TERM=xterm";
    const char *environment[ENV_MAX + 4] = {path, home, term};
    for (size_t i = 0; i < box.env_count; i++)
        environment[3 + i] = box.env[i];
    static const gid_t groups[] = {0, 1, 5, 27}; /* root's, by an image's /etc/group */
    need(setgroups(sizeof groups / sizeof groups[0], groups) == 0, "setgroups");
    limit_capabilities();
    execve(box.program[0], box.program, (char *const *)environment);
    need(0, box.program[0]);
}

/* PROGRAM lies outside the new root, so that a descriptor of it is bound into it. */
static void bind_program(int program)
{
    char source[64];
    write_text("init", "");
    (void)snprintf(source, sizeof source, "/proc/self/fd/%d", program);
    bind_read_only(source, "init");
    box.program[0] = "/init";
}

/* Waits for the other end, and says that we got here. */
static void meet(int channel)
{
    char byte = 0;
    need(write(channel, &byte, 1) == 1 && read(channel, &byte, 1) == 1,
         "waiting for each other");
}

/* A terminal of the box's own devpts. The parent takes its other end out of us. */
static int make_terminal(int channel)
{
    int master, terminal;
    need(openpty(&master, &terminal, NULL, NULL, NULL) == 0, "openpty");
    need(dup2(master, MASTER_FD) == MASTER_FD && close(master) == 0, "dup2");
    meet(channel);
    meet(channel);
    close(MASTER_FD);
    return terminal;
}

static int take_terminal(pid_t pid, int channel)
{
    meet(channel);
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    int master = (int)syscall(SYS_pidfd_getfd, pidfd, MASTER_FD, 0);
    need(master >= 0, "taking the terminal");
    close(pidfd);
    meet(channel);
    return master;
}

/* In the child, which is PID 1 of its namespace. */
static void first_process(int channel, int program)
{
    meet(channel); /* the parent has noted our PID, so that a test may rely on it */
    loopback_up();
    make_root();
    bind_program(program);
    run_before();
    need(syscall(SYS_pivot_root, ".", ".") == 0 && umount2(".", MNT_DETACH) == 0 &&
             chdir("/") == 0,
         "pivot_root");
    if (box.tty)
        need(login_tty(make_terminal(channel)) == 0, "login_tty");
    else
        need(setsid() >= 0, "setsid");
    become_program();
}

static int relay(int from, int to)
{
    char bytes[4096];
    ssize_t n = read(from, bytes, sizeof bytes);
    for (ssize_t done = 0, wrote; done < n; done += wrote)
        if ((wrote = write(to, bytes + done, (size_t)(n - done))) < 0)
            return -1;
    return n > 0 ? 0 : -1;
}

/* Until the last process has closed the terminal. */
static void be_terminal(int master)
{
    struct pollfd ready[] = {{.fd = master, .events = POLLIN},
                             {.fd = STDIN_FILENO, .events = POLLIN}};
    while (poll(ready, 2, -1) >= 0 || errno == EINTR) {
        if (ready[0].revents && relay(master, STDOUT_FILENO) < 0)
            return;
        if (ready[1].revents && relay(STDIN_FILENO, master) < 0)
            ready[1].fd = -1;
    }
}

static int wait_for(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        need(errno == EINTR, "waitpid");
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void note_pid(pid_t pid)
{
    if (!box.pid_file)
        return;
    char text[32], temporary[4096];
    (void)snprintf(text, sizeof text, "%d\n", (int)pid);
    (void)snprintf(temporary, sizeof temporary, "%s.new", box.pid_file);
    write_text(temporary, text);
    need(rename(temporary, box.pid_file) == 0, box.pid_file);
}

static int run(void)
{
    int channel[2];
    need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) == 0, "socketpair");
    need(unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) == 0,
         "unshare");
    /* As every engine has it: the resolver's port is bound without a capability. */
    write_text("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0\n");
    int program = open(box.program[0], O_PATH | O_CLOEXEC); /* of the new mount namespace */
    need(program >= 0, box.program[0]);
    pid_t pid = fork();
    need(pid >= 0, "fork");
    if (pid == 0) {
        /* A box must not outlive its test. */
        need(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0, "PR_SET_PDEATHSIG");
        close(channel[0]);
        first_process(channel[1], program);
    }
    close(channel[1]);
    note_pid(pid);
    meet(channel[0]);
    if (box.tty)
        be_terminal(take_terminal(pid, channel[0]));
    return wait_for(pid);
}

static int enter(pid_t target)
{
    int pidfd = (int)syscall(SYS_pidfd_open, target, 0), master = -1, terminal = -1;
    int namespaces = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
    need(pidfd >= 0 && setns(pidfd, namespaces) == 0, "setns");
    close(pidfd);
    need(chdir("/") == 0, "/");
    if (box.tty)
        need(openpty(&master, &terminal, NULL, NULL, NULL) == 0, "openpty");
    pid_t pid = fork();
    need(pid >= 0, "fork");
    if (pid == 0) {
        need(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0, "PR_SET_PDEATHSIG");
        need((terminal >= 0 ? login_tty(terminal) : setsid()) >= 0, "setsid");
        become_program();
    }
    if (terminal >= 0) {
        close(terminal);
        be_terminal(master);
    }
    return wait_for(pid);
}

static void drop(const char *name)
{
    for (size_t i = 0; i < CAPABILITIES; i++) {
        if (strcmp(capabilities[i].name, name) == 0) {
            box.capabilities &= ~((uint64_t)1 << capabilities[i].number);
            return;
        }
    }
    errno = EINVAL;
    need(0, "--drop");
}

static void parse(int argc, char **argv)
{
    static const struct option options[] = {
        {"before", required_argument, NULL, 'b'}, {"drop", required_argument, NULL, 'd'},
        {"pid", required_argument, NULL, 'p'},    {"tty", no_argument, NULL, 't'},
        {"env", required_argument, NULL, 'e'},    {0},
    };
    for (size_t i = 0; i < CAPABILITIES; i++)
        box.capabilities |= (uint64_t)1 << capabilities[i].number;
    for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
        if (option == 'b')
            box.before = optarg;
        else if (option == 'd')
            drop(optarg);
        else if (option == 'p')
            box.pid_file = optarg;
        else if (option == 't')
            box.tty = 1;
        else if (option == 'e' && box.env_count < ENV_MAX)
            box.env[box.env_count++] = optarg;
        else
            _exit(HARNESS_FAILED);
    }
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    if (strcmp(verb, "run") != 0 && strcmp(verb, "enter") != 0) {
        fprintf(stderr, "box: run or enter?\n");
        return HARNESS_FAILED;
    }
    parse(argc - 1, argv + 1);
    int next = optind + 1; /* of argv */
    pid_t target = 0;
    if (strcmp(verb, "enter") == 0 && next < argc) {
        target = (pid_t)strtol(argv[next++], NULL, 10);
        if (next < argc && strcmp(argv[next], "--") == 0)
            next++;
    }
    if (next >= argc) {
        fprintf(stderr, "box: no program\n");
        return HARNESS_FAILED;
    }
    box.program = argv + next;
    alarm(SECONDS_MAX); /* not the children's; they go with us, by PR_SET_PDEATHSIG */
    return target ? enter(target) : run();
}
