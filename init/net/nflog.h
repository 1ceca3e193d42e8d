/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the firewall refused, as the kernel reports it (linux/netfilter/nfnetlink_log.h). A
 * worker reads it; PID 1 only opens the socket, which needs NET_ADMIN, and hands it on.
 */
#ifndef CLAUDEX_INIT_NET_NFLOG_H
#define CLAUDEX_INIT_NET_NFLOG_H

#include "shared/error.h"

/* A non-blocking, close-on-exec netlink socket that gets the first RULES_NFLOG_SIZE bytes of
 * every refused packet, v4 and v6: messages of type NFULNL_MSG_PACKET. -1 with *err. */
int nflog_open(struct error *err);

#endif
