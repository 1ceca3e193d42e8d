/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the name servers that the box was started with, and replaces them by its own resolver.
 *
 * resolv.conf(5) is made to say 127.0.0.1, which survives `docker network connect`. A restart
 * of the container may write it anew, or leave ours; for the second case the servers that it
 * first named are kept beside the configuration.
 */
#ifndef CLAUDEX_INIT_NET_UPSTREAM_H
#define CLAUDEX_INIT_NET_UPSTREAM_H

#include <stddef.h>

#include "shared/error.h"

enum { UPSTREAM_SERVERS_MAX = 256 }; /* bytes of the list */

/* Pure. Makes a list for c-ares, "10.0.0.2,[fd00::2]", from the nameserver lines of a
 * resolv.conf, without loopback addresses. Docker's resolver, 127.0.0.11, is not left out. 0,
 * or -1 if there is none or they do not fit. */
int upstream_parse(const char *text, char out[UPSTREAM_SERVERS_MAX]);

/* Finds the servers, keeps them, and points resolv.conf at our resolver. `out` is "" if the box
 * was started without any. 0, or -1 with *err. */
int upstream_take(char out[UPSTREAM_SERVERS_MAX], struct error *err);

#endif
