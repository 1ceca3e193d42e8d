/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Synthetic addresses: a name gets one address of 198.18.0.0/15 (RFC 2544, never routed) and
 * keeps it for the life of the table, so that the destination of a connection IS the name.
 * No I/O; it allocates.
 */
#ifndef CLAUDEX_INIT_NET_NAMES_H
#define CLAUDEX_INIT_NET_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a session may have looked up, all together: about 3 MiB of memory when full. */
enum {
    NAMES_MAX = 65536,
    NAMES_BYTES_MAX = 2 << 20, /* of the names, with their NULs */
};

/* 198.18.0.0/15, host order. */
#define NAMES_NETWORK 0xc6120000U
enum { NAMES_PREFIX = 15 };

struct names;

/* `key` is random (getrandom(2)): with it nobody can choose names that collide, and the first
 * address is another one each time, so that one that was remembered from an earlier table is
 * unlikely to be another name's in this one. NULL when out of memory. */
struct names *names_new(const uint8_t key[16]);
void names_free(struct names *names);

/* The address of a lower-case name, host order, given out now if it is new. 0 for "" and for
 * what is longer than 253 bytes, and when the table is full or out of memory: then this lookup
 * fails, and nothing else. */
uint32_t names_address(struct names *names, const char *name);
/* The name of an address (host order), or NULL for one that was never given out. Borrowed; it
 * stays where it is for the life of the table. */
const char *names_name(const struct names *names, uint32_t address);
/* How many were given out. */
size_t names_count(const struct names *names);
/* True for any address (host order) of 198.18.0.0/15. */
bool names_is_synthetic(uint32_t address);

#endif
