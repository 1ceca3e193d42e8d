/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/decide.h"

#include <netinet/in.h>
#include <string.h>

#include "init/net/special.h"
#include "shared/names.h"

static enum protocol protocol_of(uint16_t port)
{
    return port == 443 ? PROTOCOL_TLS : port == 80 ? PROTOCOL_HTTP : PROTOCOL_RAW;
}

enum decision decide_first(const struct policy *policy, bool open, uint64_t now,
                           const struct destination *destination, enum protocol *protocol)
{
    struct policy_verdict verdict;
    *protocol = protocol_of(destination->port);
    if (open)
        return destination->name ? DECISION_NAME : DECISION_ADDRESS;
    if (destination->name) {
        /* A name that is not allowed on this port may still say another that is. */
        if (*protocol != PROTOCOL_RAW)
            return DECISION_LISTEN;
        policy_name(policy, destination->name, destination->port, now, &verdict);
        return verdict.allowed ? DECISION_NAME : DECISION_REFUSE;
    }
    policy_address(policy, destination->address.family, destination->address.bytes,
                   destination->port, now, &verdict);
    if (verdict.allowed)
        return DECISION_ADDRESS;
    if (verdict.matched || *protocol == PROTOCOL_RAW)
        return DECISION_REFUSE;
    return DECISION_LISTEN;
}

bool decide_said(const struct policy *policy, uint64_t now, const char *said, uint16_t port)
{
    struct policy_verdict verdict;
    policy_name(policy, said, port, now, &verdict);
    return verdict.allowed;
}

static bool is_local_name(const char *name)
{
    return !strchr(name, '.') || strcmp(name, HOST_OF_BOX) == 0;
}

bool decide_address(const struct policy *policy, bool private_names, uint64_t now,
                    const char *name, uint16_t port, const struct address *address)
{
    struct policy_verdict verdict;
    if (!address_is_special(address->family, address->bytes))
        return true;
    if (!address_is_private(address->family, address->bytes))
        return false;
    policy_name(policy, name, port, now, &verdict);
    return private_names || (verdict.exact && is_local_name(name));
}
