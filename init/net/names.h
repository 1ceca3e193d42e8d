/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Synthetic addresses: a name gets one address of 198.18.0.0/15 (RFC 2544, never routed) and
 * keeps it, so that the destination of a connection IS the name. No I/O; it allocates.
 *
 * There are fewer addresses than names below a wildcard, and an agent can ask for all of them.
 * When the table is full, a new name takes the place of the one that was used the longest ago,
 * if nobody can still mean that: no lookup was answered with it and no connection to it ended
 * within NAMES_KEPT_SECONDS, which is some times the TTL of an answer, and none is open. Its
 * address comes last of all to be given out again. So a flood of names denies new ones for
 * minutes, and not for the session; and names that a rule spells out have a share of their own,
 * which names that a wildcard allows cannot take.
 */
#ifndef CLAUDEX_INIT_NET_NAMES_H
#define CLAUDEX_INIT_NET_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* At a time, all together: about 6 MiB of memory when full. */
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

/* `key` is random (getrandom(2)): with it nobody can choose names that collide, and the first
 * address is another one each time, so that one that was remembered from an earlier table is
 * unlikely to be another name's in this one. NULL when out of memory. */
struct names *names_new(const uint8_t key[16]);
void names_free(struct names *names);

/* The address of a lower-case name, host order, given out now if it is new; `exact`: a rule
 * spells it out. `now` in seconds, never less than before. 0 for "" and for what is longer than
 * 253 bytes, and when the table is full or out of memory: then this lookup fails, and nothing
 * else. */
uint32_t names_address(struct names *names, const char *name, bool exact, uint64_t now);
/* The name of an address (host order), or NULL for one that is nobody's. Borrowed until the
 * next names_address(). */
const char *names_name(const struct names *names, uint32_t address);
/* A connection to an address that is somebody's begins, at most 65,535 at a time; and ends. */
void names_hold(struct names *names, uint32_t address);
void names_release(struct names *names, uint32_t address, uint64_t now);
/* How many there are. */
size_t names_count(const struct names *names);
/* Why one that is nobody's any more, or never was, leads nowhere; for people. */
extern const char names_fault[];
/* True for any address (host order) of 198.18.0.0/15. */
bool names_is_synthetic(uint32_t address);

#endif
