/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/special.h"

#include <netinet/in.h>
#include <string.h>

#include "shared/cleanup.h"

void address_mask(uint8_t *address, size_t size, unsigned prefix)
{
    for (size_t i = 0; i < size; i++) {
        unsigned bits = prefix > i * 8 ? prefix - (unsigned)i * 8 : 0;
        if (bits < 8)
            address[i] &= (uint8_t)(0xff00U >> bits);
    }
}

struct network {
    uint8_t bytes[16];
    unsigned prefix;
};

static bool in_any(const uint8_t *address, size_t size, const struct network *networks,
                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t masked[16];
        memcpy(masked, address, size);
        address_mask(masked, size, networks[i].prefix);
        if (memcmp(masked, networks[i].bytes, size) == 0)
            return true;
    }
    return false;
}

/* IANA IPv4 Special-Purpose Address Registry, and multicast (RFC 5771). */
static const struct network special_v4[] = {
    {{0}, 8},             /* this network, RFC 791 */
    {{10}, 8},            /* private, RFC 1918 */
    {{100, 64}, 10},      /* carrier-grade NAT, RFC 6598 */
    {{127}, 8},           /* loopback, RFC 1122 */
    {{169, 254}, 16},     /* link-local and metadata services, RFC 3927 */
    {{172, 16}, 12},      /* private */
    {{192, 0, 0}, 24},    /* protocol assignments, RFC 6890 */
    {{192, 0, 2}, 24},    /* documentation, RFC 5737 */
    {{192, 88, 99}, 24},  /* 6to4 relays, RFC 7526 */
    {{192, 168}, 16},     /* private */
    {{198, 18}, 15},      /* benchmarks, RFC 2544: our synthetic addresses */
    {{198, 51, 100}, 24}, /* documentation */
    {{203, 0, 113}, 24},  /* documentation */
    {{224}, 4},           /* multicast */
    {{240}, 4},           /* reserved, and broadcast, RFC 1112 */
};

/* IANA IPv6 Special-Purpose Address Registry. Only global unicast, 2000::/3, is anything but
 * special; these are the exceptions within it. */
static const struct network special_v6[] = {
    {{0x20, 0x01}, 23},             /* protocol assignments with Teredo, RFC 2928, RFC 4380 */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation, RFC 3849 */
    {{0x20, 0x02}, 16},             /* 6to4: holds a v4 address, RFC 3056 */
    {{0x3f, 0xff}, 20},             /* documentation, RFC 9637 */
};
static const struct network global_v6 = {{0x20}, 3};

/* The well-known NAT64 prefix holds a v4 address in its last 32 bits, RFC 6052 2.1. On a
 * network with v6 only it is the way to every v4 host, so the address inside is what counts. */
static const struct network nat64 = {{0x00, 0x64, 0xff, 0x9b}, 96};

bool address_is_special(int family, const uint8_t *address)
{
    if (family == AF_INET)
        return in_any(address, 4, special_v4, array_length(special_v4));
    if (family != AF_INET6)
        return true;
    if (in_any(address, 16, &nat64, 1))
        return address_is_special(AF_INET, address + 12);
    return !in_any(address, 16, &global_v6, 1) ||
           in_any(address, 16, special_v6, array_length(special_v6));
}

bool address_is_private(int family, const uint8_t *address)
{
    static const struct network v4[] = {
        {{10}, 8},         {{100, 64}, 10},      {{172, 16}, 12},    {{192, 168}, 16},
        {{192, 0, 2}, 24}, {{198, 51, 100}, 24}, {{203, 0, 113}, 24}};
    static const struct network v6[] = {
        {{0xfc}, 7}, {{0x20, 0x01, 0x0d, 0xb8}, 32}, {{0x3f, 0xff}, 20}};
    if (family == AF_INET)
        return in_any(address, 4, v4, array_length(v4));
    return family == AF_INET6 && in_any(address, 16, v6, array_length(v6));
}
