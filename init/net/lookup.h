/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gate's own resolution of names, by c-ares (the only user of <ares.h>). An allowed name is
 * looked up only when it is dialled, and only once however many connections dial it. A small
 * cache keeps answers for their time to live. /etc/hosts is read before the gate is confined,
 * after which it can open no file.
 */
#ifndef CLAUDEX_INIT_NET_LOOKUP_H
#define CLAUDEX_INIT_NET_LOOKUP_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "init/net/hosts.h"
#include "init/net/reactor.h"
#include "shared/error.h"

enum {
    LOOKUP_CACHE_MAX = 1024, /* names */
    LOOKUP_TTL_MAX = 300,    /* seconds an answer is kept at most */
};

/* Called once, perhaps before lookup_start() returns. `found` is NULL on failure, and `why`
 * then a static text. */
typedef void lookup_done(void *context, const struct addresses *found, const char *why);

struct lookup;
struct lookup_query;

/* `servers`: "10.0.0.2,[fd00::2]:5353", as ares_set_servers_ports_csv(3) takes it; `hosts`: the
 * text of /etc/hosts, hosts(5). Both are copied. NULL on failure. */
struct lookup *lookup_open(struct reactor *reactor, const char *servers, const char *hosts,
                           struct error *err);

/* *handle names the query while it is under way and is NULL before done is called: it must
 * live until then, or until lookup_cancel(). */
void lookup_start(struct lookup *lookup, const char *name, lookup_done *done, void *context,
                  struct lookup_query **handle);
/* `done` will not be called any more; *handle becomes NULL. It may be NULL already. */
void lookup_cancel(struct lookup_query **handle);

/* The address of a name in the hosts file, or NULL. */
const struct address *lookup_hosts(const struct lookup *lookup, const char *name, int family);

/* The other way round: the first name of an address there, or NULL. */
const char *lookup_hosts_name(const struct lookup *lookup, const struct address *address);

/* For mode open: sends one DNS message unchanged to the upstream, and gives the answer
 * unchanged to `done` (length 0: none came). */
typedef void lookup_answer(void *context, const uint8_t *message, size_t length);
void lookup_forward(struct lookup *lookup, const uint8_t *message, size_t length,
                    lookup_answer *done, void *context, struct lookup_query **handle);

#endif
