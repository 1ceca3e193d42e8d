/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/policy/wide.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "shared/cleanup.h"
#include "shared/parse.h"

enum { USUAL_V4 = 24, USUAL_V6 = 64 }; /* bits of a subnet's prefix */

static const char *const open_zones[] = {
#include "plugin/policy/open_zones.inc"
};

/* Second labels under which registries of countries let anybody have a name: co.uk, com.au. */
static const char *const registries[] = {"ac",   "co",  "com", "edu", "gob", "gov",
                                         "gouv", "ltd", "net", "nom", "or",  "org"};

/* Is it `zone`, or below it? */
static bool is_in(const char *name, const char *zone)
{
    const size_t length = strlen(name), tail = strlen(zone);
    if (length < tail || strcmp(name + length - tail, zone) != 0)
        return false;
    return length == tail || name[length - tail - 1] == '.';
}

/* NULL, or the part of the zone, or what lies below it, that is everybody's. */
static const char *everybodys(const char *zone)
{
    const char *dot = strchr(zone, '.');
    if (!dot)
        return zone;
    for (size_t i = 0; i < array_length(registries) && strlen(dot + 1) == 2; i++)
        if (strlen(registries[i]) == (size_t)(dot - zone) &&
            strncmp(zone, registries[i], (size_t)(dot - zone)) == 0)
            return zone;
    for (size_t i = 0; i < array_length(open_zones); i++)
        if (is_in(zone, open_zones[i]) || is_in(open_zones[i], zone))
            return open_zones[i];
    return NULL;
}

/* Where clouds hand a machine's keys to whoever asks: link-local (RFC 3927, RFC 4291), and the
 * addresses that Amazon, Google, Alibaba, Azure and Oracle have elsewhere. */
static const char *const metadata[] = {"169.254.0.0/16", "fe80::/10",       "fd00:ec2::/32",
                                       "fd20:ce::254",   "100.100.100.200", "168.63.129.16",
                                       "192.0.0.192"};

static bool overlap(const struct host_pattern *a, const struct host_pattern *b)
{
    const unsigned bits = a->prefix < b->prefix ? a->prefix : b->prefix;
    if (a->family != b->family || memcmp(a->address, b->address, bits / 8) != 0)
        return false;
    const unsigned rest = bits % 8, mask = 0xff00U >> rest;
    return rest == 0 || !((a->address[bits / 8] ^ b->address[bits / 8]) & mask & 0xff);
}

/* The v4 address in the well-known prefix of NAT64 (RFC 6052, 2.1); any other as it is. */
static struct host_pattern embedded(const struct host_pattern *network)
{
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    struct host_pattern inside = *network;
    if (network->family != AF_INET6 || network->prefix < 96 ||
        memcmp(network->address, nat64, sizeof nat64) != 0)
        return inside;
    inside.family = AF_INET;
    inside.prefix = network->prefix - 96;
    memcpy(inside.address, network->address + sizeof nat64, 4);
    return inside;
}

static bool has_metadata(const struct host_pattern *network)
{
    const struct host_pattern inside = embedded(network);
    struct host_pattern known;
    for (size_t i = 0; i < array_length(metadata); i++)
        if (parse_host_pattern(metadata[i], &known, NULL) == 0 && overlap(&inside, &known))
            return true;
    return false;
}

static const char *wide_network(const struct host_pattern *network, char out[WIDE_TEXT_MAX])
{
    const bool v6 = network->family == AF_INET6;
    const char *family = v6 ? "IPv6" : "IPv4";
    if (network->prefix >= (v6 ? USUAL_V6 : USUAL_V4)) {
        if (!has_metadata(network))
            return NULL;
        (void)snprintf(out, WIDE_TEXT_MAX, "clouds hand out a machine's keys there");
        return out;
    }
    if (network->prefix == 0)
        (void)snprintf(out, WIDE_TEXT_MAX, "every %s address there is", family);
    else if (v6)
        (void)snprintf(out, WIDE_TEXT_MAX, "2^%u IPv6 addresses", 128 - network->prefix);
    else
        (void)snprintf(out, WIDE_TEXT_MAX, "%lu IPv4 addresses", 1UL << (32 - network->prefix));
    return out;
}

const char *wide_pattern(const char *pattern, char out[WIDE_TEXT_MAX])
{
    struct host_pattern parsed;
    if (parse_host_pattern(pattern, &parsed, NULL) < 0 || parsed.kind == HOST_EXACT)
        return NULL;
    if (parsed.kind == HOST_ADDRESS)
        return wide_network(&parsed, out);
    const char *zone = everybodys(parsed.name);
    if (!zone)
        return NULL;
    if (strcmp(zone, parsed.name) == 0)
        (void)snprintf(out, WIDE_TEXT_MAX, "anybody can have a name below it");
    else
        (void)snprintf(out, WIDE_TEXT_MAX, "anybody can have a name in %.100s", zone);
    return out;
}
