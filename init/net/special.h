/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses that are not simply a host of the internet. Pure. Network order throughout; family
 * is AF_INET (4 bytes) or AF_INET6 (16 bytes).
 */
#ifndef CLAUDEX_INIT_NET_SPECIAL_H
#define CLAUDEX_INIT_NET_SPECIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Loopback, link-local, private, carrier-grade NAT, multicast, v4-mapped, 6to4, Teredo,
 * documentation, reserved, and NAT64 with such a v4 inside: an address that no name may lead to
 * unless a rule names that host (IANA special-purpose address registries, RFC 6890; RFC 6052).
 * Of an unknown family: true. */
bool address_is_special(int family, const uint8_t *address);

/* Those special addresses that a user's own network may have: private (RFC 1918), carrier-grade
 * NAT (RFC 6598), unique local (RFC 4193). */
bool address_is_private(int family, const uint8_t *address);

/* Clears all but the first `prefix` bits of `size` bytes. */
void address_mask(uint8_t *address, size_t size, unsigned prefix);

#endif
