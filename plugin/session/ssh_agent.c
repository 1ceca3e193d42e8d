/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/session/ssh_agent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/log.h"

#define DESKTOP_SOCKET "/run/host-services/ssh-auth.sock"

enum { SOCKETS_MAX = 64 };

void ssh_agent_free(struct ssh_agent *agent)
{
    free(agent->source);
    free(agent->name);
    *agent = (struct ssh_agent){0};
}

/* True where nothing is in the folder but sockets. */
static bool has_sockets_only(int folder)
{
    int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cleanup_dir DIR *dir = again < 0 ? NULL : fdopendir(again);
    const struct dirent *entry;
    struct stat st;
    int count = 0;
    if (!dir)
        return false;
    while ((entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (++count > SOCKETS_MAX ||
            fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISSOCK(st.st_mode))
            return false;
    }
    return count > 0;
}

static bool is_the_agents(const char *folder, uid_t owner)
{
    struct stat st;
    cleanup_fd int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == owner && (st.st_mode & 077) == 0 &&
           has_sockets_only(fd);
}

/* An agent that was killed leaves its socket behind. One that we may not ask may well be there:
 * it is not we who will. */
static bool is_dead(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || strlen(path) >= sizeof address.sun_path)
        return false;
    memcpy(address.sun_path, path, strlen(path) + 1);
    return connect(fd, (struct sockaddr *)&address, sizeof address) < 0 &&
           errno == ECONNREFUSED;
}

static int take(struct ssh_agent *agent, char *path, bool folder, struct error *why)
{
    char *slash = strrchr(path, '/');
    agent->name = strdup(slash + 1);
    agent->folder = folder;
    if (folder)
        *slash = '\0';
    agent->source = strdup(path);
    if (agent->source && agent->name)
        return 1;
    ssh_agent_free(agent);
    (void)error_set(why, "out of memory");
    return 0;
}

static int none(struct error *why)
{
    return error_set(why, "no ssh agent here (SSH_AUTH_SOCK is not set%s)",
                     getenv("SUDO_USER") ? "; sudo --preserve-env=SSH_AUTH_SOCK keeps it"
                                         : "; eval \"$(ssh-agent)\" && ssh-add starts one");
}

int ssh_agent_find(struct ssh_agent *agent, const char *socket, struct error *why)
{
    struct stat st;
    *agent = (struct ssh_agent){0};
    if (!socket || !*socket) {
        (void)none(why);
        return 0;
    }
    /* Where we may not look, root may: the path goes as it is. */
    cleanup_free char *path = realpath(socket, NULL);
    if (!path && errno == EACCES && socket[0] == '/' && socket[strlen(socket) - 1] != '/') {
        cleanup_free char *same = strdup(socket);
        return same ? take(agent, same, false, why) : 0;
    }
    if (!path || stat(path, &st) < 0) {
        (void)error_errno(why, "no ssh agent at SSH_AUTH_SOCK=%s", quoted(socket));
        return 0;
    }
    if (!S_ISSOCK(st.st_mode) || is_dead(path)) {
        (void)error_set(why, "no ssh agent at SSH_AUTH_SOCK=%s: %s", quoted(socket),
                        S_ISSOCK(st.st_mode) ? "nobody listens there" : "not a socket");
        return 0;
    }
    char *slash = strrchr(path, '/');
    *slash = '\0';
    bool folder = slash > path && is_the_agents(path, st.st_uid);
    *slash = '/';
    return take(agent, path, folder, why);
}

int ssh_agent_of_desktop(struct ssh_agent *agent, struct error *why)
{
    char path[] = DESKTOP_SOCKET;
    *agent = (struct ssh_agent){0};
    return take(agent, path, false, why);
}
