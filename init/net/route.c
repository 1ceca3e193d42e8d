/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/route.h"

#include <limits.h>
#include <net/route.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "shared/cleanup.h"

enum { LINE_MAX_BYTES = 256 };

int route_parse_v4(const char *line, struct in_addr *gateway, unsigned *metric)
{
    unsigned destination, address, flags, cost, mask;
    /* Iface Destination Gateway Flags RefCnt Use Metric Mask …; addresses as the CPU sees the
     * network-order word. */
    if (sscanf(line, "%*s %x %x %x %*d %*d %u %x", &destination, &address, &flags, &cost,
               &mask) != 5)
        return -1;
    if (destination != 0 || mask != 0 ||
        (flags & (RTF_UP | RTF_GATEWAY)) != (RTF_UP | RTF_GATEWAY))
        return -1;
    gateway->s_addr = address;
    *metric = cost;
    return 0;
}

int route_parse_v6(const char *line, struct in6_addr *gateway, unsigned *metric)
{
    unsigned prefix, cost, flags;
    char destination[33], address[33];
    /* destination prefix source prefix next-hop metric refcount use flags device, all hex */
    if (sscanf(line, "%32[0-9a-f] %x %*32[0-9a-f] %*x %32[0-9a-f] %x %*x %*x %x", destination,
               &prefix, address, &cost, &flags) != 5)
        return -1;
    if (prefix != 0 || strspn(destination, "0") != 32 || strlen(address) != 32 ||
        (flags & (RTF_UP | RTF_GATEWAY)) != (RTF_UP | RTF_GATEWAY))
        return -1;
    for (size_t i = 0; i < sizeof gateway->s6_addr; i++) {
        unsigned byte;
        if (sscanf(address + 2 * i, "%2x", &byte) != 1)
            return -1;
        gateway->s6_addr[i] = (uint8_t)byte;
    }
    *metric = cost;
    return 0;
}

void route_gateways(struct in_addr *v4, struct in6_addr *v6)
{
    char line[LINE_MAX_BYTES];
    unsigned best4 = UINT_MAX, best6 = UINT_MAX, metric;
    struct in_addr found4;
    struct in6_addr found6;
    *v4 = (struct in_addr){0};
    *v6 = (struct in6_addr){0};
    cleanup_file FILE *routes4 = fopen("/proc/net/route", "re");
    while (routes4 && fgets(line, sizeof line, routes4)) {
        if (route_parse_v4(line, &found4, &metric) == 0 && metric < best4) {
            *v4 = found4;
            best4 = metric;
        }
    }
    cleanup_file FILE *routes6 = fopen("/proc/net/ipv6_route", "re");
    while (routes6 && fgets(line, sizeof line, routes6)) {
        if (route_parse_v6(line, &found6, &metric) == 0 && metric < best6) {
            *v6 = found6;
            best6 = metric;
        }
    }
}
