/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The box's firewall as PID 1 sees it: closed first, then the rules of a mode, read back.
 *
 * rules.[ch] decides (pure), iptables.[ch] acts (the only user of libiptc), this joins them.
 * Where the kernel has no IPv6 at all, v6 counts as closed.
 */
#ifndef CLAUDEX_INIT_NET_FIREWALL_H
#define CLAUDEX_INIT_NET_FIREWALL_H

#include <stdint.h>
#include <sys/types.h>

#include "shared/error.h"
#include "shared/session.h"

struct firewall; /* opaque; one per process */

/*
 * Phase 2: INPUT, FORWARD, OUTPUT policy DROP and no rule, v6 and v4, each in one commit, read
 * back and compared. Must be called before anything else runs. NULL on any failure, and then
 * the container must end: *err names the missing kernel part or capability and the remedy.
 */
struct firewall *firewall_close(struct error *err);

/*
 * Must be called before the first firewall_apply(). From then on TCP is redirected to the
 * gate's port and DNS to its resolver's, on 127.0.0.1 and ::1, and sockets that `uid` opened
 * get out. Without a gate no mode but open lets anything out.
 */
struct firewall_gate {
    uid_t uid;
    uint16_t port, resolver_port;
};
void firewall_set_gate(struct firewall *firewall, const struct firewall_gate *gate);

/*
 * Phase 7: the rules of the session's mode (its published ports among them), v6 first when
 * tightening, v4 first when loosening, read back and compared. 0; or -1, where the old rules
 * are in force or the firewall is closed, never anything looser.
 */
int firewall_apply(struct firewall *firewall, const struct session *session,
                   enum network_mode mode, struct error *err);

/*
 * Called after tighter rules are installed, and before anybody is told so. When it returns,
 * packets that the old rules have passed, or were being checked by them, have left, and none
 * waits for a neighbour's address any more. Takes as long as PID 1 needs to run on every CPU
 * once, at most some 20 ms.
 */
void firewall_settle(const struct firewall *firewall);

/*
 * Sets lockdown and cuts every connection with the world. First no packet of them passes any
 * more; then their sockets are ended and the kernel forgets them, so that a server that goes on
 * sending revives none; then the rules of lockdown follow. Calls firewall_settle() itself.
 * Returns how many sockets were ended; or -1, where the rules in force are at least as tight as
 * lockdown or as those before.
 */
int firewall_sever(struct firewall *firewall, const struct session *session, struct error *err);

/* "iptables" or "nftables": which applier is in use. */
const char *firewall_applier(const struct firewall *firewall);

#endif
