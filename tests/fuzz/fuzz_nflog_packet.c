/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/nflog_packet.c */
/* What the kernel logs of a packet that the agent wrote. */
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>

#include "init/net/nflog_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nflog_packet packet;
    if (nflog_packet_parse(data, size, &packet) < 0)
        return 0;
    if ((packet.family != AF_INET && packet.family != AF_INET6) || packet.via < VIA_TCP ||
        packet.via >= VIAS || (packet.port && packet.via != VIA_TCP && packet.via != VIA_UDP))
        abort();
    return 0;
}
