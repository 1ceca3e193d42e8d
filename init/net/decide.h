/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decides where a connection may be dialled to. Pure: from a destination, what the first bytes
 * said, and the rules, it makes a name to resolve, an address to dial, or a refusal.
 */
#ifndef CLAUDEX_INIT_NET_DECIDE_H
#define CLAUDEX_INIT_NET_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "init/net/lookup.h"
#include "init/net/names.h"
#include "init/net/policy.h"

enum protocol {
    PROTOCOL_RAW,  /* the bytes hold no name: the destination alone decides */
    PROTOCOL_TLS,  /* 443: the SNI is the name */
    PROTOCOL_HTTP, /* 80: the Host of every request is the name */
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

/* Called when the connection comes in. `open`: mode open, where everything may pass. */
enum decision decide_first(const struct policy *policy, bool open, uint64_t now,
                           const struct destination *destination, enum protocol *protocol);

/* Called when the client has said a name, after DECISION_LISTEN. True if that name is allowed
 * on this port, whatever address the client dialled. */
bool decide_said(const struct policy *policy, uint64_t now, const char *said, uint16_t port);

/* May a name lead to this address? Never to link-local, loopback and multicast ones; to private
 * ones if the whole box may (`private_names`), or if the rule names a host that cannot be on
 * the internet: a single label, as compose services have, or host.docker.internal. */
bool decide_address(const struct policy *policy, bool private_names, uint64_t now,
                    const char *name, uint16_t port, const struct address *address);

#endif
