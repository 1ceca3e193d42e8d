/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/engine/ssh.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/spawn.h"
#include "shared/cleanup.h"
#include "shared/log.h"

/* Copies `length` bytes and a NUL to *room; the text, or NULL if they do not fit. */
static const char *keep(char **room, const char *end, const char *text, size_t length)
{
    if (length >= (size_t)(end - *room))
        return NULL;
    char *kept = *room;
    memcpy(kept, text, length);
    kept[length] = '\0';
    *room += length + 1;
    return kept;
}

/* Goes through the remote shell, so it may hold nothing that a shell would act upon. */
static bool is_plain_path(const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "/._-+@:,=";
    return path[strspn(path, plain)] == '\0';
}

int ssh_command(const char *url, struct ssh_command *command, struct error *err)
{
    static const char scheme[] = "ssh://";
    if (strncmp(url, scheme, strlen(scheme)) != 0)
        return error_set(err, "%s is no ssh URL", quoted(url));
    const char *rest = url + strlen(scheme), *path = rest + strcspn(rest, "/");
    const char *at = memchr(rest, '@', (size_t)(path - rest));
    const char *host = at ? at + 1 : rest, *host_end = path, *port = NULL;
    if (*host == '[') {
        host_end = memchr(host, ']', (size_t)(path - host));
        if (!host_end)
            return error_set(err, "%s: a bracket is not closed", quoted(url));
        port = host_end[1] == ':' ? host_end + 2 : NULL;
        host++;
    } else {
        const char *colon = memchr(host, ':', (size_t)(path - host));
        if (colon) {
            host_end = colon;
            port = colon + 1;
        }
    }
    if (host == host_end || (at && (at == rest || memchr(rest, ':', (size_t)(at - rest)))) ||
        (port && port + strspn(port, "0123456789") != path) || strpbrk(url, "?#"))
        return error_set(err, "%s: expected ssh://[user@]host[:port][/path/of/socket]",
                         quoted(url));
    if (!is_plain_path(path))
        return error_set(err, "%s: the socket's path has a character that is not allowed there",
                         quoted(url));

    size_t n = 0;
    char *room = command->storage;
    const char *end = room + sizeof command->storage;
    const char **argv = command->argv;
    argv[n++] = "ssh";
    if (at) {
        argv[n++] = "-l";
        argv[n++] = keep(&room, end, rest, (size_t)(at - rest));
    }
    if (port) {
        argv[n++] = "-p";
        argv[n++] = keep(&room, end, port, (size_t)(path - port));
    }
    static const char *const fixed[] = {"-o", "ConnectTimeout=30", "-T", "--"};
    for (size_t i = 0; i < array_length(fixed); i++)
        argv[n++] = fixed[i];
    argv[n++] = keep(&room, end, host, (size_t)(host_end - host));
    argv[n++] = "docker";
    if (path[strspn(path, "/")] != '\0') {
        char option[1024];
        int length = snprintf(option, sizeof option, "--host=unix://%s", path);
        argv[n++] = length < 0 || (size_t)length >= sizeof option
                        ? NULL
                        : keep(&room, end, option, (size_t)length);
    }
    argv[n++] = "system";
    argv[n++] = "dial-stdio";
    argv[n] = NULL;
    for (size_t i = 0; i < n; i++)
        if (!argv[i])
            return error_set(err, "%s is too long", quoted(url));
    return 0;
}

/*
 * A session of its own: a Ctrl-C at our terminal must leave the connection through which we
 * clean up. The docker CLI does the same.
 */
static int spawn_ssh(const char *url, int fd, struct error *err)
{
    struct ssh_command command;
    if (ssh_command(url, &command, err) < 0)
        return -1;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
    pid_t pid;
    int number = spawn_program("ssh", command.argv, &actions, true, &pid);
    posix_spawn_file_actions_destroy(&actions);
    if (number == 0)
        return 0;
    errno = number;
    return error_errno(err, "cannot start ssh for %s", quoted(url));
}

int ssh_dial(const char *url, struct error *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return error_errno(err, "cannot make a socket pair");
    cleanup_fd int ours = pair[0];
    cleanup_fd int theirs = pair[1];
    return spawn_ssh(url, theirs, err) < 0 ? -1 : take_fd(&ours);
}

/* --- the door ------------------------------------------------------------------------- */

static int name_door(struct ssh_door *door, struct error *err)
{
    const char *folder = getenv("XDG_RUNTIME_DIR");
    if (!folder || *folder != '/')
        folder = "/tmp";
    int n = snprintf(door->folder, sizeof door->folder, "%s/claudex-XXXXXX", folder);
    if (n < 0 || (size_t)n >= sizeof door->folder || !mkdtemp(door->folder)) {
        door->folder[0] = '\0';
        return error_errno(err, "cannot make a folder below %s", quoted(folder));
    }
    (void)snprintf(door->path, sizeof door->path, "%s/ssh", door->folder);
    return 0;
}

int ssh_door_open(struct ssh_door *door, struct error *err)
{
    if (door->folder[0] == '\0') {
        if (name_door(door, err) < 0)
            return -1;
    } else if (mkdir(door->folder, 0700) < 0) {
        return error_errno(err, "cannot make %s again", quoted(door->folder));
    }
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, door->path, strlen(door->path) + 1);
    door->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (door->fd >= 0 && bind(door->fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        listen(door->fd, 4) == 0)
        return 0;
    error_errno(err, "cannot listen on %s", quoted(door->path));
    ssh_door_close(door);
    return -1;
}

int ssh_door_answer(const struct ssh_door *door, const char *url, struct error *err)
{
    cleanup_fd int fd = accept(door->fd, NULL, NULL);
    if (fd < 0)
        return error_errno(err, "cannot accept on %s", quoted(door->path));
    return spawn_ssh(url, fd, err);
}

void ssh_door_close(struct ssh_door *door)
{
    if (door->fd >= 0)
        close(door->fd);
    door->fd = -1;
    /* A folder of ours alone, mode 0700: that they are still there is all that can be. */
    if (unlink(door->path) == 0 || errno == ENOENT)
        (void)rmdir(door->folder);
}
