/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/pack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "init/git/pack_parts.h"

enum {
    HEADER = 12,
    LEVEL = Z_BEST_SPEED, /* on the way to the session; 6 takes three times as long */
    FIRST_CAPACITY = 1024,
};
#define DEFLATED_MAX ((size_t)1 << 31)

void deflater_free(struct deflater *deflater)
{
    if (deflater->ready)
        (void)deflateEnd(&deflater->stream);
    buf_free(&deflater->out);
    *deflater = (struct deflater){0};
}

int deflater_reset(struct deflater *deflater)
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

/* --- writing ------------------------------------------------------------------------------ */

void pack_begin(struct pack *pack, int fd)
{
    *pack = (struct pack){.fd = fd, .end = HEADER};
    (void)pthread_mutex_init(&pack->lock, NULL);
}

void pack_free(struct pack *pack)
{
    free(pack->objects);
    oid_set_free(&pack->claimed);
    (void)pthread_mutex_destroy(&pack->lock);
}

int pack_broken(struct pack *pack, int why)
{
    if (!pack->why)
        pack->why = why ? why : EIO;
    errno = pack->why;
    return -1;
}

int pack_claim(struct pack *pack, const uint8_t oid[OID_SIZE])
{
    if (oid_set_has(&pack->claimed, oid) || (pack->known && pack->known(pack->context, oid)))
        return 0;
    return oid_set_add(&pack->claimed, oid) < 0 ? -1 : 1;
}

int pack_write_at(int fd, const void *bytes, size_t length, uint64_t offset)
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

int pack_remember(struct pack *pack, const uint8_t oid[OID_SIZE], uint32_t crc, uint64_t offset)
{
    if (pack->count == pack->capacity) {
        size_t capacity = pack->capacity ? pack->capacity * 2 : FIRST_CAPACITY;
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

/* Four bits of the size, then seven to a byte. */
size_t pack_print_header(enum object_type type, uint64_t size,
                         uint8_t out[PACK_OBJECT_HEADER_MAX])
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
    uint8_t header[PACK_OBJECT_HEADER_MAX];
    z_stream *z = &deflater->stream;
    if (deflater_reset(deflater) < 0)
        return -1;
    buf_clear(&deflater->out);
    size_t bound = deflateBound(z, (uLong)length);
    if (buf_append(&deflater->out, header, pack_print_header(type, length, header)) < 0)
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
    if (pack_write_at(pack->fd, bytes->data, bytes->length, pack->end) < 0 ||
        pack_remember(pack, oid, crc, pack->end) < 0)
        return pack_broken(pack, errno);
    pack->end += bytes->length;
    return 0;
}

int pack_add(struct pack *pack, struct deflater *deflater, enum object_type type,
             const void *bytes, size_t length, uint8_t oid[OID_SIZE])
{
    if (object_hash(type, bytes, length, oid) < 0)
        return -1;
    (void)pthread_mutex_lock(&pack->lock);
    int mine = pack->why ? -1 : pack_claim(pack, oid);
    if (mine < 0)
        (void)pack_broken(pack, errno);
    (void)pthread_mutex_unlock(&pack->lock);
    if (mine <= 0)
        return mine;
    int failed = deflate_all(deflater, type, bytes, length);
    int why = errno;
    (void)pthread_mutex_lock(&pack->lock);
    failed = failed || pack->why ? pack_broken(pack, why) : append(pack, &deflater->out, oid);
    (void)pthread_mutex_unlock(&pack->lock);
    return failed;
}

int pack_add_packed(struct pack *pack, const uint8_t oid[OID_SIZE], const struct buf *bytes)
{
    int mine = pack_claim(pack, oid);
    return mine < 0 ? pack_broken(pack, errno) : mine ? append(pack, bytes, oid) : 0;
}
