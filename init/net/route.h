/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The box's default gateways: the bridge's own addresses, from which the engine's host reaches
 * published ports. From /proc/net/route and /proc/net/ipv6_route (proc_net(5)), the route of
 * the lowest metric; all zero where there is none.
 */
#ifndef CLAUDEX_INIT_NET_ROUTE_H
#define CLAUDEX_INIT_NET_ROUTE_H

#include <netinet/in.h>

#include "shared/error.h"

void route_gateways(struct in_addr *v4, struct in6_addr *v6);

/* If there is no default route, as on a network that leads nowhere (`docker network create
 * --internal`), adds a route for the synthetic addresses: without it, connecting to them would
 * fail before the firewall could redirect to the gate. Does nothing without a device. 0, or -1
 * with *err. */
int route_names(struct error *err);

/* One line of either file, for tests: 0 and the gateway with its metric if it is a default
 * route that is up and has a gateway, -1 otherwise. */
int route_parse_v4(const char *line, struct in_addr *gateway, unsigned *metric);
int route_parse_v6(const char *line, struct in6_addr *gateway, unsigned *metric);

#endif
