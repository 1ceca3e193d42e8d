/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The name servers that the box came with, and the one it has afterwards: its own resolver.
 *
 * resolv.conf(5) is made to say 127.0.0.1, which survives `docker network connect`; a restart
 * of the container writes it anew, or leaves ours. What it said first is kept beside the
 * configuration, for then.
 */
#ifndef CLAUDEX_INIT_NET_UPSTREAM_H
#define CLAUDEX_INIT_NET_UPSTREAM_H

#include <stddef.h>

#include "shared/error.h"

enum { UPSTREAM_SERVERS_MAX = 256 }; /* bytes of the list */

/* Pure. The nameserver lines of a resolv.conf that are no loopback address of our own, as a
 * list for c-ares: "10.0.0.2,[fd00::2]". 0, or -1 if there is none or they do not fit. Docker's
 * own resolver, 127.0.0.11, counts. */
int upstream_parse(const char *text, char out[UPSTREAM_SERVERS_MAX]);

/* Finds the servers, keeps them, and points resolv.conf at our resolver. `out` is "" where the
 * box came without any. */
int upstream_take(char out[UPSTREAM_SERVERS_MAX], struct error *err);

#endif
