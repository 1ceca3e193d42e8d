/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/image/script.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugin/engine/http.h"
#include "plugin/spawn.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

/* Ours is single-threaded: what the child is to see may be set in our own environment. */
static int name_endpoint(const struct endpoint *endpoint, struct error *err)
{
    static const char *const schemes[] = {[ENDPOINT_UNIX] = "unix://",
                                          [ENDPOINT_TCP] = "tcp://",
                                          [ENDPOINT_TLS] = "tcp://",
                                          [ENDPOINT_SSH] = ""};
    int failed;
    if (strcmp(endpoint->context, "default") != 0) {
        failed = unsetenv("DOCKER_HOST") | setenv("DOCKER_CONTEXT", endpoint->context, 1);
    } else {
        cleanup_buf struct buf url = BUF_INIT(4096);
        failed = buf_printf(&url, "%s%s", schemes[endpoint->kind], endpoint->address) |
                 unsetenv("DOCKER_CONTEXT");
        failed |= setenv("DOCKER_HOST", url.data ? url.data : "", 1);
        if (endpoint->kind == ENDPOINT_TLS)
            failed |= setenv(endpoint->verify ? "DOCKER_TLS_VERIFY" : "DOCKER_TLS", "1", 1);
    }
    return failed ? error_errno(err, "cannot set the environment") : 0;
}

static int spawn(const char *const *argv, int alive, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    /* Without FD_CLOEXEC: held by the child and by nobody else, it says when that has ended. */
    posix_spawn_file_actions_adddup2(&actions, alive, STDERR_FILENO + 1);
    int number = spawn_program(argv[0], argv, &actions, false, pid);
    posix_spawn_file_actions_destroy(&actions);
    return number;
}

int script_run(const char *const *argv, const struct endpoint *endpoint, struct error *err)
{
    int ends[2];
    pid_t pid = -1;
    if (name_endpoint(endpoint, err) < 0)
        return -1;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_errno(err, "cannot make a pipe");
    cleanup_fd int alive = ends[0];
    /* Not where the child is to have it: dup2 onto itself would keep FD_CLOEXEC. */
    cleanup_fd int theirs = fcntl(ends[1], F_DUPFD_CLOEXEC, STDERR_FILENO + 2);
    close(ends[1]);
    errno = theirs < 0 ? errno : spawn(argv, theirs, &pid);
    if (errno != 0)
        return error_errno(err, "cannot run %s", quoted(argv[0]));
    close(take_fd(&theirs));

    struct pollfd fds[] = {{.fd = alive, .events = POLLIN},
                           {.fd = cancel_descriptor(), .events = POLLIN}};
    while (!fds[0].revents) {
        if (poll(fds, array_length(fds), -1) < 0) {
            fds[0].revents = fds[1].revents = 0;
            if (errno != EINTR)
                return error_errno(err, "cannot wait for %s", quoted(argv[0]));
        }
        if (fds[1].revents) {
            (void)kill(pid, SIGTERM);
            fds[1].fd = -1;
            fds[1].revents = 0;
        }
    }
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return error_errno(err, "cannot wait for %s", quoted(argv[0]));
    if (cancel_pending())
        return cancel_error(err);
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_SIGNAL_BASE + WTERMSIG(status);
}
