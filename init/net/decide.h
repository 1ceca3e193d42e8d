/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a connection may be dialled to. Pure: a destination, what its first bytes said, the
 * rules; out comes a name to resolve, an address to dial, or a refusal.
 */
#ifndef CLAUDEX_INIT_NET_DECIDE_H
#define CLAUDEX_INIT_NET_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "init/net/lookup.h"
#include "init/net/names.h"
#include "init/net/policy.h"

enum protocol {
    PROTOCOL_RAW,  /* no name inside: the destination alone says it */
    PROTOCOL_TLS,  /* 443: the SNI */
    PROTOCOL_HTTP, /* 80: the Host of every request */
};

struct destination {
    struct address address; /* as the client wrote it, before REDIRECT */
    uint16_t port;
    const char *name; /* of a synthetic address; NULL for a real one */
};

enum decision {
    DECISION_REFUSE,
    DECISION_LISTEN,  /* the first bytes have to say the name: protocol */
    DECISION_NAME,    /* dial this name */
    DECISION_ADDRESS, /* dial the destination itself */
};

/* When the connection comes in. `open`: mode open, where everything may pass. */
enum decision decide_first(const struct policy *policy, bool open, uint64_t now,
                           const struct destination *destination, enum protocol *protocol);

/* Once the client said a name (DECISION_LISTEN before): the name, allowed on this port,
 * wherever the client dialled. */
bool decide_said(const struct policy *policy, uint64_t now, const char *said, uint16_t port);

/* May a name lead to this address? Link-local, loopback and multicast never; private ones where
 * the whole box may (`private_names`), or the rule names a host that cannot be on the internet:
 * a single label, as compose services have, or host.docker.internal. */
bool decide_address(const struct policy *policy, bool private_names, uint64_t now,
                    const char *name, uint16_t port, const struct address *address);

#endif
