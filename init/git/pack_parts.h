/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the writers of a pack share: small objects (pack.c), large files (pack_large.c), the end
 * (pack_index.c). For these alone.
 */
#ifndef CLAUDEX_INIT_GIT_PACK_PARTS_H
#define CLAUDEX_INIT_GIT_PACK_PARTS_H

#include "init/git/pack.h"

enum {
    PACK_VERSION = 2,
    PACK_PIECE = 256 * 1024, /* read and written at once */
    PACK_OBJECT_HEADER_MAX = 16,
};

/* Readies it for one more object. 0 or -1. */
int deflater_reset(struct deflater *deflater);

/* Writes all of it; 0 or -1. */
int pack_write_at(int fd, const void *bytes, size_t length, uint64_t offset);

/* Type and size as they stand before an object; the bytes used. */
size_t pack_print_header(enum object_type type, uint64_t size,
                         uint8_t out[PACK_OBJECT_HEADER_MAX]);

/* With the lock held: */

/* From here on nothing is added. Returns -1, errno the first one's. */
int pack_broken(struct pack *pack, int why);

/* 1: the caller's to add; 0: it is there, or another thread adds it; -1. */
int pack_claim(struct pack *pack, const uint8_t oid[OID_SIZE]);

/* For the index: an object that is there. 0 or -1. */
int pack_remember(struct pack *pack, const uint8_t oid[OID_SIZE], uint32_t crc,
                  uint64_t offset);

#endif
