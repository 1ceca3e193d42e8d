/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/pack.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared/cleanup.h"

enum {
    PACK_VERSION = 2,
    HEADER = 12,
    PIECE = 256 * 1024,
    LEVEL = Z_BEST_SPEED, /* on the way to the session; 6 takes three times as long */
    TABLE_FIRST = 1024,
    OBJECT_PREFIX_MAX = 32,
};
#define DEFLATED_MAX ((size_t)1 << 31)

void deflater_free(struct deflater *deflater)
{
    if (deflater->ready)
        (void)deflateEnd(&deflater->stream);
    buf_free(&deflater->out);
    *deflater = (struct deflater){0};
}

static int deflater_reset(struct deflater *deflater)
{
    deflater->out.max = DEFLATED_MAX;
    if (deflater->ready)
        return deflateReset(&deflater->stream) == Z_OK ? 0 : -1;
    if (deflateInit(&deflater->stream, LEVEL) != Z_OK) {
        errno = ENOMEM;
        return -1;
    }
    deflater->ready = true;
    return 0;
}

/* --- ids ---------------------------------------------------------------------------------- */

static const char *const type_names[] = {
    [OBJECT_COMMIT] = "commit", [OBJECT_TREE] = "tree", [OBJECT_BLOB] = "blob"};

static void hash_begin(SHA1_CTX *context, enum object_type type, uint64_t length)
{
    char prefix[OBJECT_PREFIX_MAX];
    int n = snprintf(prefix, sizeof prefix, "%s %llu", type_names[type],
                     (unsigned long long)length);
    SHA1DCInit(context);
    SHA1DCUpdate(context, prefix, (size_t)n + 1);
}

static int hash_end(SHA1_CTX *context, uint8_t oid[OID_SIZE])
{
    if (SHA1DCFinal(oid, context) == 0)
        return 0;
    errno = EBADMSG;
    return -1;
}

int object_hash(enum object_type type, const void *bytes, size_t length, uint8_t oid[OID_SIZE])
{
    SHA1_CTX context;
    hash_begin(&context, type, length);
    SHA1DCUpdate(&context, bytes, length);
    return hash_end(&context, oid);
}

/* --- which are there ---------------------------------------------------------------------- */

static size_t slot_of(const struct pack *pack, const uint8_t oid[OID_SIZE])
{
    uint64_t key;
    memcpy(&key, oid, sizeof key); /* a hash already */
    size_t slot = (size_t)key & (pack->table_size - 1);
    while (pack->table[slot] &&
           memcmp(pack->claimed[pack->table[slot] - 1], oid, OID_SIZE) != 0)
        slot = (slot + 1) & (pack->table_size - 1);
    return slot;
}

static int grow_table(struct pack *pack)
{
    size_t size = pack->table_size ? pack->table_size * 2 : TABLE_FIRST;
    uint32_t *table = calloc(size, sizeof *table);
    if (!table)
        return -1;
    free(pack->table);
    pack->table = table;
    pack->table_size = size;
    for (size_t i = 0; i < pack->claimed_count; i++)
        table[slot_of(pack, pack->claimed[i])] = (uint32_t)i + 1;
    return 0;
}

/* 1: the caller's to add; 0: it is there, or another thread adds it; -1. */
static int claim(struct pack *pack, const uint8_t oid[OID_SIZE])
{
    if (pack->claimed_count * 2 >= pack->table_size && grow_table(pack) < 0)
        return -1;
    size_t slot = slot_of(pack, oid);
    if (pack->table[slot])
        return 0;
    if (pack->known && pack->known(pack->context, oid))
        return 0;
    if (pack->claimed_count == pack->claimed_capacity) {
        size_t capacity = pack->claimed_capacity ? pack->claimed_capacity * 2 : TABLE_FIRST;
        void *claimed = reallocarray(pack->claimed, capacity, OID_SIZE);
        if (!claimed)
            return -1;
        pack->claimed = claimed;
        pack->claimed_capacity = capacity;
    }
    memcpy(pack->claimed[pack->claimed_count++], oid, OID_SIZE);
    pack->table[slot] = (uint32_t)pack->claimed_count;
    return 1;
}

/* --- writing ------------------------------------------------------------------------------ */

void pack_begin(struct pack *pack, int fd)
{
    *pack = (struct pack){.fd = fd, .end = HEADER};
    (void)pthread_mutex_init(&pack->lock, NULL);
}

void pack_free(struct pack *pack)
{
    free(pack->objects);
    free(pack->table);
    free(pack->claimed);
    (void)pthread_mutex_destroy(&pack->lock);
}

static int broken(struct pack *pack, int why)
{
    if (!pack->why)
        pack->why = why ? why : EIO;
    errno = pack->why;
    return -1;
}

static int write_at(int fd, const void *bytes, size_t length, uint64_t offset)
{
    const char *p = bytes;
    while (length > 0) {
        ssize_t n = pwrite(fd, p, length, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        p += n;
        length -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}

static int remember(struct pack *pack, const uint8_t oid[OID_SIZE], uint32_t crc,
                    uint64_t offset)
{
    if (pack->count == pack->capacity) {
        size_t capacity = pack->capacity ? pack->capacity * 2 : TABLE_FIRST;
        struct packed *objects = reallocarray(pack->objects, capacity, sizeof *objects);
        if (!objects)
            return -1;
        pack->objects = objects;
        pack->capacity = capacity;
    }
    struct packed *object = &pack->objects[pack->count++];
    *object = (struct packed){.crc = crc, .offset = offset};
    memcpy(object->oid, oid, OID_SIZE);
    return 0;
}

/* Type and size: four bits of it, then seven to a byte. */
static size_t print_header(enum object_type type, uint64_t size, uint8_t out[16])
{
    size_t used = 0;
    uint8_t byte = (uint8_t)((unsigned)type << 4 | (size & 0xf));
    for (size >>= 4; size; size >>= 7) {
        out[used++] = byte | 0x80;
        byte = size & 0x7f;
    }
    out[used++] = byte;
    return used;
}

static int deflate_all(struct deflater *deflater, enum object_type type, const void *bytes,
                       size_t length)
{
    uint8_t header[16];
    z_stream *z = &deflater->stream;
    if (deflater_reset(deflater) < 0)
        return -1;
    buf_clear(&deflater->out);
    size_t bound = deflateBound(z, (uLong)length);
    if (buf_append(&deflater->out, header, print_header(type, length, header)) < 0)
        return -1;
    char *room = buf_reserve(&deflater->out, bound);
    if (!room)
        return -1;
    z->next_in = (Bytef *)bytes;
    z->avail_in = (uInt)length;
    z->next_out = (Bytef *)room;
    z->avail_out = (uInt)bound;
    if (deflate(z, Z_FINISH) != Z_STREAM_END) {
        errno = EIO;
        return -1;
    }
    deflater->out.length += bound - z->avail_out;
    return 0;
}

static int append(struct pack *pack, const struct buf *bytes, const uint8_t oid[OID_SIZE])
{
    uint32_t crc = (uint32_t)crc32_z(0, (const Bytef *)bytes->data, bytes->length);
    if (write_at(pack->fd, bytes->data, bytes->length, pack->end) < 0 ||
        remember(pack, oid, crc, pack->end) < 0)
        return broken(pack, errno);
    pack->end += bytes->length;
    return 0;
}

int pack_add(struct pack *pack, struct deflater *deflater, enum object_type type,
             const void *bytes, size_t length, uint8_t oid[OID_SIZE])
{
    if (object_hash(type, bytes, length, oid) < 0)
        return -1;
    (void)pthread_mutex_lock(&pack->lock);
    int mine = pack->why ? -1 : claim(pack, oid);
    if (mine < 0)
        (void)broken(pack, errno);
    (void)pthread_mutex_unlock(&pack->lock);
    if (mine <= 0)
        return mine;
    int failed = deflate_all(deflater, type, bytes, length);
    int why = errno;
    (void)pthread_mutex_lock(&pack->lock);
    failed = failed || pack->why ? broken(pack, why) : append(pack, &deflater->out, oid);
    (void)pthread_mutex_unlock(&pack->lock);
    return failed;
}

int pack_add_packed(struct pack *pack, const uint8_t oid[OID_SIZE], const struct buf *bytes)
{
    int mine = claim(pack, oid);
    return mine < 0 ? broken(pack, errno) : mine ? append(pack, bytes, oid) : 0;
}

/* --- large files -------------------------------------------------------------------------- */

/* A whole piece, but at the end of the file. */
static ssize_t read_piece(int fd, char *bytes, size_t size)
{
    size_t used = 0;
    while (used < size) {
        ssize_t n = read(fd, bytes + used, size - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        used += (size_t)n;
    }
    return (ssize_t)used;
}

/* The id alone, to see whether the large one is there. */
static int hash_file(int fd, char *bytes, uint64_t size, uint8_t oid[OID_SIZE])
{
    SHA1_CTX context;
    uint64_t seen = 0;
    ssize_t n;
    hash_begin(&context, OBJECT_BLOB, size);
    while ((n = read_piece(fd, bytes, PIECE)) > 0) {
        SHA1DCUpdate(&context, bytes, (size_t)n);
        seen += (uint64_t)n;
        if (seen > size)
            break;
    }
    if (n < 0)
        return -1;
    if (seen != size || lseek(fd, 0, SEEK_SET) < 0) {
        errno = EAGAIN;
        return -1;
    }
    return hash_end(&context, oid);
}

struct stream {
    struct pack *pack;
    z_stream *z;
    uint64_t end;
    uint32_t crc;
};

static int emit(struct stream *s, const void *bytes, size_t length)
{
    if (write_at(s->pack->fd, bytes, length, s->end) < 0)
        return broken(s->pack, errno);
    s->crc = (uint32_t)crc32_z(s->crc, bytes, length);
    s->end += length;
    return 0;
}

static int deflate_piece(struct stream *s, char *in, size_t length, int flush, char *out)
{
    s->z->next_in = (Bytef *)in;
    s->z->avail_in = (uInt)length;
    do {
        s->z->next_out = (Bytef *)out;
        s->z->avail_out = PIECE;
        if (deflate(s->z, flush) == Z_STREAM_ERROR)
            return broken(s->pack, EIO);
        if (emit(s, out, PIECE - s->z->avail_out) < 0)
            return -1;
    } while (s->z->avail_out == 0);
    return 0;
}

/* Behind the others, and theirs again unless all of it came as it was hashed. */
static int stream_file(struct stream *s, int fd, char *in, char *out, uint64_t size,
                       const uint8_t oid[OID_SIZE], bool *read_failed)
{
    SHA1_CTX context;
    uint8_t header[16], again[OID_SIZE];
    hash_begin(&context, OBJECT_BLOB, size);
    if (emit(s, header, print_header(OBJECT_BLOB, size, header)) < 0)
        return -1;
    for (uint64_t left = size; left > 0;) {
        ssize_t n = read_piece(fd, in, left < PIECE ? (size_t)left : PIECE);
        if (n <= 0) {
            *read_failed = n < 0;
            errno = n < 0 ? errno : EAGAIN;
            return -1;
        }
        left -= (uint64_t)n;
        SHA1DCUpdate(&context, in, (size_t)n);
        if (deflate_piece(s, in, (size_t)n, left ? Z_NO_FLUSH : Z_FINISH, out) < 0)
            return -1;
    }
    if (hash_end(&context, again) < 0)
        return -1;
    if (memcmp(again, oid, OID_SIZE) != 0) {
        errno = EAGAIN;
        return -1;
    }
    return 0;
}

/* Its place in `claimed` stays, under an id that no object has. */
static void give_back(struct pack *pack, const uint8_t oid[OID_SIZE])
{
    size_t slot = slot_of(pack, oid);
    if (pack->table[slot])
        memset(pack->claimed[pack->table[slot] - 1], 0, OID_SIZE);
    (void)grow_table(pack);
}

int pack_add_file(struct pack *pack, struct deflater *deflater, int fd, uint64_t size,
                  uint8_t oid[OID_SIZE], bool *read_failed)
{
    cleanup_free char *in = malloc(PIECE);
    cleanup_free char *out = malloc(PIECE);
    *read_failed = false;
    if (!in || !out)
        return -1;
    if (hash_file(fd, in, size, oid) < 0) {
        *read_failed = errno != EAGAIN && errno != EBADMSG;
        return -1;
    }
    (void)pthread_mutex_lock(&pack->lock);
    int result = pack->why ? broken(pack, pack->why) : claim(pack, oid);
    if (result > 0 && deflater_reset(deflater) == 0) {
        struct stream s = {.pack = pack, .z = &deflater->stream, .end = pack->end};
        result = stream_file(&s, fd, in, out, size, oid, read_failed);
        if (result == 0 && remember(pack, oid, s.crc, pack->end) < 0)
            result = broken(pack, errno);
        if (result == 0)
            pack->end = s.end;
        else if (!pack->why) {
            int why = errno;
            give_back(pack, oid);
            errno = why;
        }
    }
    (void)pthread_mutex_unlock(&pack->lock);
    return result;
}

/* --- the end ------------------------------------------------------------------------------ */

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
    cleanup_free char *bytes = malloc(PIECE);
    uint32_t header[] = {htobe32(0x5041434b), htobe32(PACK_VERSION),
                         htobe32((uint32_t)pack->count)};
    SHA1_CTX context;
    if (!bytes || write_at(pack->fd, header, sizeof header, 0) < 0 ||
        ftruncate(pack->fd, (off_t)pack->end) < 0)
        return -1;
    hash_plain_begin(&context);
    for (uint64_t at = 0; at < pack->end;) {
        uint64_t left = pack->end - at;
        ssize_t n =
            pread(pack->fd, bytes, left < PIECE ? (size_t)left : (size_t)PIECE, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        SHA1DCUpdate(&context, bytes, (size_t)n);
        at += (uint64_t)n;
    }
    (void)SHA1DCFinal(trailer, &context);
    return write_at(pack->fd, trailer, OID_SIZE, pack->end);
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
        return broken(pack, pack->why);
    if (seal_pack(pack, trailer) < 0)
        return broken(pack, errno);
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
        return broken(pack, errno);
    hash_plain_begin(&context);
    SHA1DCUpdate(&context, index->data, index->length);
    (void)SHA1DCFinal(sum, &context);
    oid_print(trailer, name);
    return buf_append(index, sum, sizeof sum) < 0 ? broken(pack, errno) : 0;
}
