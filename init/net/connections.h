/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists and cuts the box's TCP connections with the world (those with itself do not count), by
 * sock_diag(7) and the kernel's connection tracking.
 */
#ifndef CLAUDEX_INIT_NET_CONNECTIONS_H
#define CLAUDEX_INIT_NET_CONNECTIONS_H

#include <netinet/in.h>
#include <stddef.h>

#include "shared/buf.h"
#include "shared/error.h"

/* Appends "ADDRESS:PORT, ADDRESS:PORT" of the first few that are established, and ", …" where
 * there are more. `gate` is the uid whose sockets are the other halves of the agent's and do
 * not count, 0 for none. Returns how many there are, -1 with *err. */
int connections_list(struct buf *out, uid_t gate, struct error *err);

/*
 * Ends every connection with the world, and has the kernel's connection tracking forget all
 * that it let through, flows of UDP included. The rules must already let nothing of them out,
 * because a socket that is ended tells its peer. Returns how many sockets were ended, -1 with
 * *err.
 */
int connections_cut(struct error *err);

#endif
