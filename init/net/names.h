/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Synthetic addresses: a name gets one address of 198.18.0.0/15 (RFC 2544, never routed) and
 * keeps it, so that the destination of a connection IS the name. No I/O; it allocates.
 *
 * There are fewer addresses than names below a wildcard, and an agent can ask for all of them.
 * When the table is full, a new name takes the place of the least recently used one, if no
 * client can still use that one's address: no connection to it is open, and within
 * NAMES_KEPT_SECONDS, several times the TTL of an answer, none has ended and no lookup was
 * answered with it. A freed address is given out again as late as possible. So a flood of names
 * blocks new ones for minutes, not for the session. Names that a rule spells out have a
 * reserved share, which names that a wildcard allows cannot take.
 */
#ifndef CLAUDEX_INIT_NET_NAMES_H
#define CLAUDEX_INIT_NET_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Limits at any one time: about 6 MiB of memory when full. */
enum {
    NAMES_MAX = 65536,
    NAMES_BYTES_MAX = 2 << 20, /* of the names, with their NULs */
    /* of those, for names that a wildcard allows */
    NAMES_WILD_MAX = NAMES_MAX / 4 * 3,
    NAMES_WILD_BYTES_MAX = NAMES_BYTES_MAX / 4 * 3,
    NAMES_KEPT_SECONDS = 300,
};

/* 198.18.0.0/15, host order. */
#define NAMES_NETWORK 0xc6120000U
enum { NAMES_PREFIX = 15 };

struct names;

/* `key` is random (getrandom(2)), so that nobody can choose names that collide, and so that
 * each table begins with another address: an address that a client remembers from an earlier
 * table is then unlikely to belong to another name in this one. NULL when out of memory. */
struct names *names_new(const uint8_t key[16]);
void names_free(struct names *names);

/* The address of a lower-case name, host order, given out now if it is new; `exact`: a rule
 * spells it out. `now` in seconds, never less than before. 0 for "" and for names longer than
 * 253 bytes, and when the table is full or out of memory: only this lookup fails then. */
uint32_t names_address(struct names *names, const char *name, bool exact, uint64_t now);
/* The name of an address (host order), or NULL if it belongs to none. Borrowed until the
 * next names_address(). */
const char *names_name(const struct names *names, uint32_t address);
/* Note that a connection to an address that belongs to a name begins, at most 65,535 at a time,
 * and that it ends. */
void names_hold(struct names *names, uint32_t address);
void names_release(struct names *names, uint32_t address, uint64_t now);
/* How many names there are. */
size_t names_count(const struct names *names);
/* For people: why an address that belongs to no name, any more or ever, leads nowhere. */
extern const char names_fault[];
/* True for any address (host order) of 198.18.0.0/15. */
bool names_is_synthetic(uint32_t address);

#endif
