/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/nflog_packet.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

enum {
    V4_HEADER = 20,
    V4_FRAGMENT = 6,
    V4_PROTOCOL = 9,
    V4_DESTINATION = 16,
    V6_HEADER = 40,
    V6_NEXT = 6,
    V6_DESTINATION = 24,
};

static enum gate_via via_of(uint8_t protocol)
{
    switch (protocol) {
    case IPPROTO_TCP:
        return VIA_TCP;
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
        return VIA_UDP;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
        return VIA_ICMP;
    default:
        return VIA_OTHER;
    }
}

int nflog_packet_parse(const uint8_t *bytes, size_t length, struct nflog_packet *packet)
{
    struct nflog_packet got = {.family = AF_UNSPEC};
    size_t header;
    bool first = true;
    if (length >= V4_HEADER && bytes[0] >> 4 == 4) {
        header = (size_t)(bytes[0] & 15) * 4;
        got.family = AF_INET;
        got.via = via_of(bytes[V4_PROTOCOL]);
        first = ((bytes[V4_FRAGMENT] & 0x1f) | bytes[V4_FRAGMENT + 1]) == 0;
        memcpy(got.address, bytes + V4_DESTINATION, 4);
    } else if (length >= V6_HEADER && bytes[0] >> 4 == 6) {
        header = V6_HEADER;
        got.family = AF_INET6;
        got.via = via_of(bytes[V6_NEXT]);
        memcpy(got.address, bytes + V6_DESTINATION, 16);
        if (bytes[V6_NEXT] == IPPROTO_HOPOPTS && length >= V6_HEADER + 2) {
            got.via = via_of(bytes[V6_HEADER]);
            header += ((size_t)bytes[V6_HEADER + 1] + 1) * 8;
        }
    } else {
        return -1;
    }
    if (header < V4_HEADER)
        return -1;
    if (first && (got.via == VIA_TCP || got.via == VIA_UDP) && length >= header + 4)
        got.port = (uint16_t)(bytes[header + 2] << 8 | bytes[header + 3]);
    *packet = got;
    return 0;
}
