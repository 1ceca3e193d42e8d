/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections to the host's ssh agent, made by PID 1: nobody else in the box can reach its
 * socket, in BOX_SSH_DIR. That folder is either ours, with the socket's file mounted in it, or
 * the agent's own, mounted as it is, where a socket that the agent makes anew is found.
 *
 * Agents serve their owner (and OpenSSH's root, ssh-agent.c), whatever the socket's mode: so it
 * is connected to as the one whom the socket belongs to.
 */
#ifndef CLAUDEX_INIT_SSH_UPSTREAM_H
#define CLAUDEX_INIT_SSH_UPSTREAM_H

/* Never blocks. The descriptor (non-blocking, close-on-exec), the caller's; -1 with errno:
 * ENOENT where there is no such socket, ECONNREFUSED where nobody listens, EAGAIN where its
 * queue is full, EPERM for one that belongs to another than its folder does. */
int ssh_upstream_connect(const char *name);

#endif
