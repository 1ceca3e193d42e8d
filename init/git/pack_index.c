/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "init/git/pack_parts.h"
#include "shared/cleanup.h"

static int by_oid(const void *a, const void *b)
{
    return memcmp(((const struct packed *)a)->oid, ((const struct packed *)b)->oid, OID_SIZE);
}

static void hash_plain_begin(SHA1_CTX *context)
{
    SHA1DCInit(context);
    SHA1DCSetUseDetectColl(context, 0); /* a checksum against accidents */
}

/* The number of objects stands in front, and so the whole has to be read once more. */
static int seal_pack(struct pack *pack, uint8_t trailer[OID_SIZE])
{
    cleanup_free char *bytes = malloc(PACK_PIECE);
    uint32_t header[] = {htobe32(0x5041434b), htobe32(PACK_VERSION),
                         htobe32((uint32_t)pack->count)};
    SHA1_CTX context;
    if (!bytes || pack_write_at(pack->fd, header, sizeof header, 0) < 0 ||
        ftruncate(pack->fd, (off_t)pack->end) < 0)
        return -1;
    hash_plain_begin(&context);
    for (uint64_t at = 0; at < pack->end;) {
        uint64_t left = pack->end - at;
        ssize_t n = pread(pack->fd, bytes,
                          left < PACK_PIECE ? (size_t)left : (size_t)PACK_PIECE, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        SHA1DCUpdate(&context, bytes, (size_t)n);
        at += (uint64_t)n;
    }
    (void)SHA1DCFinal(trailer, &context);
    return pack_write_at(pack->fd, trailer, OID_SIZE, pack->end);
}

static int add_fanout(const struct pack *pack, struct buf *index)
{
    uint32_t fanout[256];
    size_t i = 0;
    for (unsigned byte = 0; byte < array_length(fanout); byte++) {
        while (i < pack->count && pack->objects[i].oid[0] <= byte)
            i++;
        fanout[byte] = htobe32((uint32_t)i);
    }
    return buf_append(index, fanout, sizeof fanout);
}

/* Offsets of 31 bits; larger ones are in a table of their own. */
static int add_offsets(const struct pack *pack, struct buf *index)
{
    uint32_t large = 0;
    int failed = 0;
    for (size_t i = 0; i < pack->count; i++) {
        uint64_t offset = pack->objects[i].offset;
        uint32_t word =
            htobe32(offset < 0x80000000U ? (uint32_t)offset : 0x80000000U | large++);
        failed |= buf_append(index, &word, sizeof word);
    }
    for (size_t i = 0; i < pack->count && large > 0; i++) {
        uint64_t offset = htobe64(pack->objects[i].offset);
        if (pack->objects[i].offset >= 0x80000000U)
            failed |= buf_append(index, &offset, sizeof offset);
    }
    return failed;
}

int pack_finish(struct pack *pack, struct buf *index, char name[2 * OID_SIZE + 1])
{
    static const uint32_t magic[] = {0xff744f63, PACK_VERSION};
    const uint32_t start[] = {htobe32(magic[0]), htobe32(magic[1])};
    uint8_t trailer[OID_SIZE], sum[OID_SIZE];
    SHA1_CTX context;
    if (pack->why)
        return pack_broken(pack, pack->why);
    if (seal_pack(pack, trailer) < 0)
        return pack_broken(pack, errno);
    if (pack->count > 0)
        qsort(pack->objects, pack->count, sizeof *pack->objects, by_oid);
    int failed = buf_append(index, start, sizeof start) | add_fanout(pack, index);
    for (size_t i = 0; i < pack->count; i++)
        failed |= buf_append(index, pack->objects[i].oid, OID_SIZE);
    for (size_t i = 0; i < pack->count; i++) {
        uint32_t crc = htobe32(pack->objects[i].crc);
        failed |= buf_append(index, &crc, sizeof crc);
    }
    failed |= add_offsets(pack, index) | buf_append(index, trailer, sizeof trailer);
    if (failed)
        return pack_broken(pack, errno);
    hash_plain_begin(&context);
    SHA1DCUpdate(&context, index->data, index->length);
    (void)SHA1DCFinal(sum, &context);
    oid_print(trailer, name);
    return buf_append(index, sum, sizeof sum) < 0 ? pack_broken(pack, errno) : 0;
}
