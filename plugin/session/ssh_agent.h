/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's ssh agent on this machine, and how a box gets at it: by a mount below the folder
 * that only its root may enter.
 */
#ifndef CLAUDEX_PLUGIN_SESSION_SSH_AGENT_H
#define CLAUDEX_PLUGIN_SESSION_SSH_AGENT_H

#include <stdbool.h>

#include "shared/error.h"

/*
 * What is to be mounted. A socket that is mounted itself is lost when the agent makes a new one
 * in its place; so where the socket's folder is the agent's alone (0700, its owner's, nothing
 * but sockets in it), that is mounted, and an agent that was started again is found.
 */
struct ssh_agent {
    char *source; /* NULL: no agent */
    char *name;   /* of the socket */
    bool folder;  /* `source` is its folder, not itself */
};
void ssh_agent_free(struct ssh_agent *agent);

/* `socket` is SSH_AUTH_SOCK's value, or NULL. 1 when an agent listens there, as far as we may
 * see; 0 when not, with *why in words that help. */
int ssh_agent_find(struct ssh_agent *agent, const char *socket, struct error *why);

/* Docker Desktop's: always at the same path of its virtual machine. 1, or 0 as above. */
int ssh_agent_of_desktop(struct ssh_agent *agent, struct error *why);

#endif
