/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/skills_ssh.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init/confine.h"
#include "init/replace.h"
#include "init/signals.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/names.h"

#define PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Nobody is asked, no host is believed that is not known, and nothing but the command runs. */
static const char *const options[] = {
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "UpdateHostKeys=no",
    "ConnectTimeout=15",
    "ServerAliveInterval=15",
    "IdentityFile=none",
    "ControlPath=none",
    "ClearAllForwardings=yes",
    "PermitLocalCommand=no",
    "LogLevel=ERROR",
    "PreferredAuthentications=publickey",
};

enum {
    WORDS_MAX = 2 * array_length(options) + 16,
    WORD_SIZE = SKILL_SOURCE_MAX + 32,
    KNOWN_HOSTS_MAX = 1 << 20
};

static int set_environment(void)
{
    return clearenv() != 0 || setenv("PATH", PATH, 1) < 0 ||
           setenv("HOME", AGENT_HOME, 1) < 0 || setenv("LC_ALL", "C", 1) < 0 ||
           setenv("SSH_AUTH_SOCK", BOX_SSH_SOCKET, 1) < 0;
}

int skills_ssh_prepare(struct error *err)
{
    static const char brought[] = BOX_HOME_FILES "/.ssh/known_hosts";
    cleanup_buf struct buf text = BUF_INIT(KNOWN_HOSTS_MAX);
    if (read_regular_file(AT_FDCWD, brought, &text) < 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? 0
                   : error_errno(err, "cannot read the known_hosts that [home] brings");
    return replace_file(BOX_KNOWN_HOSTS, text.data, text.length, 0644) < 0
               ? error_errno(err, "cannot keep the known_hosts that [home] brings")
               : 0;
}

/* Becomes ssh. Where it cannot, the reason goes where the errors of ssh would go. */
static void run(const struct skill_source *source, const struct agent *agent)
    __attribute__((noreturn));
static void run(const struct skill_source *source, const struct agent *agent)
{
    struct error err = ERROR_INIT;
    static char command[WORD_SIZE], login[WORD_SIZE];
    const char *words[WORDS_MAX] = {"ssh", "-T", "-x", "-a", "-F", "none"};
    size_t count = 6;
    const struct confinement how = {
        .uid = agent->uid, .gid = agent->gid, .workdir = AGENT_HOME, .signals_others = false};
    for (size_t i = 0; i < array_length(options); i++) {
        words[count++] = "-o";
        words[count++] = options[i];
    }
    words[count++] = "-o";
    words[count++] = "UserKnownHostsFile=" BOX_KNOWN_HOSTS;
    if (*source->port) {
        words[count++] = "-p";
        words[count++] = source->port;
    }
    (void)snprintf(login, sizeof login, "%s", source->login);
    (void)snprintf(command, sizeof command, "git-upload-pack '%s'", source->remote);
    words[count++] = "--";
    words[count++] = login;
    words[count++] = command;
    if (set_environment() || confine(&how, &err) < 0 ||
        confined_exec((char *const *)words, &err) < 0)
        (void)dprintf(STDERR_FILENO, "%s\n", *err.text ? err.text : "ssh cannot be started");
    _exit(EXIT_CLAUDEX);
}

pid_t skills_ssh_start(const struct skill_source *source, const struct agent *agent,
                       struct skill_stream *ends, struct error *err)
{
    int data[2], said[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, data) < 0)
        return error_errno(err, "cannot make a socket pair for ssh");
    cleanup_fd int ours = data[0];
    cleanup_fd int theirs = data[1];
    if (pipe2(said, O_CLOEXEC) < 0)
        return error_errno(err, "cannot make a pipe for ssh");
    cleanup_fd int listens = said[0];
    cleanup_fd int speaks = said[1];
    if (fcntl(listens, F_SETFL, O_NONBLOCK) < 0)
        return error_errno(err, "cannot make a pipe for ssh");
    pid_t pid = fork();
    if (pid < 0)
        return error_errno(err, "cannot start a process for ssh");
    if (pid == 0) {
        if (dup2(theirs, STDIN_FILENO) < 0 || dup2(theirs, STDOUT_FILENO) < 0 ||
            dup2(speaks, STDERR_FILENO) < 0 || close_range(STDERR_FILENO + 1, ~0U, 0) < 0)
            _exit(EXIT_CLAUDEX);
        signals_reset();
        run(source, agent);
    }
    *ends = (struct skill_stream){.data = take_fd(&ours), .said = take_fd(&listens)};
    return pid;
}
