/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Engines behind ssh: `ssh … docker system dial-stdio` speaks the API on its stdin and stdout,
 * as the docker CLI does it (docker/cli, cli/connhelper).
 */
#ifndef CLAUDEX_PLUGIN_ENGINE_SSH_H
#define CLAUDEX_PLUGIN_ENGINE_SSH_H

#include <sys/un.h>

#include "shared/error.h"

/* The arguments of ssh for ssh://[user@]host[:port][/path/of/socket], NULL-ended. Pure. */
enum { SSH_ARGUMENTS_MAX = 24 };
struct ssh_command {
    char storage[2048]; /* of the texts in argv */
    const char *argv[SSH_ARGUMENTS_MAX];
};
int ssh_command(const char *url, struct ssh_command *command, struct error *err);

/* One end of a socketpair with ssh at the other. The caller's, or -1. */
int ssh_dial(const char *url, struct error *err);

/*
 * A socket in a private folder; every connection to it gets an ssh process. For libcurl, which
 * would take a connected descriptor from us, but not in 7.88 (curl issue 10626), which is
 * Debian 12's. The file is there from open to close only; its name stays the same, because
 * libcurl knows its kept connections by it.
 */
struct ssh_door {
    int fd; /* -1: closed; readable when a connection waits */
    char folder[sizeof(((struct sockaddr_un *)0)->sun_path) - 8];
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* "" before the first open */
};
int ssh_door_open(struct ssh_door *door, struct error *err);
int ssh_door_answer(const struct ssh_door *door, const char *url, struct error *err);
void ssh_door_close(struct ssh_door *door);

#endif
