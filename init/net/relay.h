/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both directions of a connection that only moves bytes, for the two that move them: the gate
 * (init/net/connection_relay.c) and its carriers (init/net/carrier.c).
 */
#ifndef CLAUDEX_INIT_NET_RELAY_H
#define CLAUDEX_INIT_NET_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "init/net/flow.h"
#include "init/net/reactor.h"

/* Notes what epoll said of an end. */
void end_ready(struct end *end, uint32_t events);
/* Closes a socket so that its peer sees a reset and not a regular end. Any other descriptor is
 * just closed. */
void socket_reset(int fd);
/* Stops watching an end and closes it, with a reset or without. Nothing to do for -1. */
void end_close(struct reactor *reactor, struct watch *watch, struct end *end, bool reset);

/* The state of a connection, given what flow_move() said last of `up_flow` and of the other
 * direction: FLOW_DONE once both are done. */
enum flow_state relay_state(const struct flow *up_flow, enum flow_state up,
                            enum flow_state down);

#endif
