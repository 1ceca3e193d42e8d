/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/engine/dial.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "plugin/engine/ssh.h"
#include "shared/cleanup.h"
#include "shared/log.h"

/* What to do about it is known for these; each gets the socket's path. */
static int unix_error(const char *path, int number, struct error *err)
{
    switch (number) {
    case ENOENT:
        return error_set(
            err,
            "no Docker engine here: there is no socket %s\n"
            "start one (systemctl start docker; in claudex's source tree: make run), "
            "or name one with -H, --context or DOCKER_HOST",
            quoted(path));
    case ECONNREFUSED:
        return error_set(
            err,
            "no Docker engine answers on %s\n"
            "start it: systemctl start docker (in claudex's source tree: make run)",
            quoted(path));
    case EACCES:
        return error_set(
            err,
            "no permission to use the Docker engine on %s\n"
            "join the docker group: sudo usermod -aG docker \"$USER\", then: newgrp docker",
            quoted(path));
    default:
        errno = number;
        return error_errno(err, "cannot connect to the Docker engine on %s", quoted(path));
    }
}

static int dial_unix(const char *path, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return error_set(err, "the engine's socket %s: its path is longer than %zu bytes",
                         quoted(path), sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path) + 1);
    cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_errno(err, "cannot make a socket");
    while (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        if (errno != EINTR)
            return unix_error(path, errno, err);
    return take_fd(&fd);
}

int engine_dial(const struct endpoint *endpoint, struct error *err)
{
    return endpoint->kind == ENDPOINT_SSH ? ssh_dial(endpoint->address, err)
                                          : dial_unix(endpoint->address, err);
}
