/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): a hash for
 * which nobody can find collisions without the key. For tables of names that an agent chooses.
 * Pure.
 */
#ifndef CLAUDEX_INIT_NET_SIPHASH_H
#define CLAUDEX_INIT_NET_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

enum { SIPHASH_KEY_SIZE = 16 };

uint64_t siphash(const uint8_t key[SIPHASH_KEY_SIZE], const void *bytes, size_t length);

#endif
