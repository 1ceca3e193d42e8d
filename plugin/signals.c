/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "plugin/engine/engine.h"
#include "shared/cleanup.h"
#include "shared/names.h"

static volatile sig_atomic_t seen[_NSIG];
static volatile sig_atomic_t plugin_socket = -1;

static void on_end(int number, siginfo_t *info, void *context)
{
    static const char text[] =
        "claudex: ended at once; what was under way may be left behind\n";
    (void)context;
    /* The docker CLI's word for a signal that the whole process group got is no second one. */
    if (info->si_pid == getpid()) {
        engine_cancel();
        return;
    }
    if (seen[number]) {
        if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
            _exit(EXIT_CLAUDEX);
        _exit(EXIT_CLAUDEX);
    }
    seen[number] = 1;
    engine_cancel();
}

/* Something happened on the plugin socket; nothing is ever sent there, so it is its end. */
static void on_socket(int number)
{
    int why = errno;
    char byte;
    (void)number;
    if (plugin_socket >= 0 &&
        recv((int)plugin_socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
        plugin_socket = -1;
        raise(SIGTERM);
    }
    errno = why;
}

/* Older docker CLIs give none, and without it the terminal's signals reach us all the same:
 * every failure here is tolerated. */
static void join_docker(void)
{
    const char *name = getenv("DOCKER_CLI_PLUGIN_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = name ? strlen(name) : 0;
    if (length == 0 || length >= sizeof address.sun_path)
        return;
    memcpy(address.sun_path, name, length);
    if (name[0] == '@')
        address.sun_path[0] = '\0'; /* unix(7): the abstract name space */
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, size) < 0)
        return;
    plugin_socket = fd;
    if (fcntl(fd, F_SETOWN, getpid()) < 0 ||
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC) < 0) {
        plugin_socket = -1;
        return;
    }
    (void)take_fd(&fd);
    on_socket(SIGIO); /* it may have been closed before O_ASYNC was on */
}

void signals_install(void)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    /* No SA_RESTART: who waits has to look up. */
    struct sigaction end = {.sa_sigaction = on_end, .sa_flags = SA_SIGINFO};
    struct sigaction socket_event = {.sa_handler = on_socket};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    for (size_t i = 0; i < array_length(ends); i++) {
        struct sigaction old;
        /* nohup(1) and `&` of a shell without job control ignore some; that stays. */
        if (sigaction(ends[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            (void)sigaction(ends[i], &end, NULL);
    }
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)signal(SIGCHLD, SIG_DFL);
    (void)sigaction(SIGIO, &socket_event, NULL);
    join_docker();
}
