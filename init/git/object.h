/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects of git: their kinds and their ids, which are the SHA-1 of kind, length and bytes,
 * gitformat-loose(5). Pure.
 */
#ifndef CLAUDEX_INIT_GIT_OBJECT_H
#define CLAUDEX_INIT_GIT_OBJECT_H

#include <stddef.h>
#include <stdint.h>

#include <sha1dc.h>

#include "init/git/oid.h"

/* Types as in a pack. */
enum object_type { OBJECT_COMMIT = 1, OBJECT_TREE = 2, OBJECT_BLOB = 3 };

/* The id of an object: 0, -1 with EBADMSG where somebody tried to make SHA-1 collide. */
int object_hash(enum object_type type, const void *bytes, size_t length, uint8_t oid[OID_SIZE]);

/* The same in pieces, of `length` bytes together, with SHA1DCUpdate() in between. */
void object_hash_begin(SHA1_CTX *context, enum object_type type, uint64_t length);
int object_hash_end(SHA1_CTX *context, uint8_t oid[OID_SIZE]);

#endif
