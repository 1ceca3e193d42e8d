/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The destination of a refused packet, read from its first bytes, which the kernel logs: RFC
 * 791 3.1, RFC 8200 3, and the ports of TCP and UDP. Pure.
 */
#ifndef CLAUDEX_INIT_NET_NFLOG_PACKET_H
#define CLAUDEX_INIT_NET_NFLOG_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "init/net/gate_frame.h"

struct nflog_packet {
    enum gate_via via; /* VIA_TCP, VIA_UDP, VIA_ICMP, VIA_OTHER */
    int family;
    uint8_t address[16]; /* of the destination */
    uint16_t port;       /* 0 where there is none, or it is not in the bytes */
};

/* 0, or -1 for what is no packet. */
int nflog_packet_parse(const uint8_t *bytes, size_t length, struct nflog_packet *packet);

#endif
