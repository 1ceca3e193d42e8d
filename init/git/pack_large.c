/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "init/git/pack_parts.h"
#include "shared/cleanup.h"

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
    object_hash_begin(&context, OBJECT_BLOB, size);
    while ((n = read_piece(fd, bytes, PACK_PIECE)) > 0) {
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
    return object_hash_end(&context, oid);
}

struct stream {
    struct pack *pack;
    z_stream *z;
    uint64_t end;
    uint32_t crc;
};

static int emit(struct stream *s, const void *bytes, size_t length)
{
    if (pack_write_at(s->pack->fd, bytes, length, s->end) < 0)
        return pack_broken(s->pack, errno);
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
        s->z->avail_out = PACK_PIECE;
        if (deflate(s->z, flush) == Z_STREAM_ERROR)
            return pack_broken(s->pack, EIO);
        if (emit(s, out, PACK_PIECE - s->z->avail_out) < 0)
            return -1;
    } while (s->z->avail_out == 0);
    return 0;
}

/* Behind the others, and theirs again unless all of it came as it was hashed. */
static int stream_file(struct stream *s, int fd, char *in, char *out, uint64_t size,
                       const uint8_t oid[OID_SIZE], bool *read_failed)
{
    SHA1_CTX context;
    uint8_t header[PACK_OBJECT_HEADER_MAX], again[OID_SIZE];
    object_hash_begin(&context, OBJECT_BLOB, size);
    if (emit(s, header, pack_print_header(OBJECT_BLOB, size, header)) < 0)
        return -1;
    for (uint64_t left = size; left > 0;) {
        ssize_t n = read_piece(fd, in, left < PACK_PIECE ? (size_t)left : PACK_PIECE);
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
    if (object_hash_end(&context, again) < 0)
        return -1;
    if (memcmp(again, oid, OID_SIZE) != 0) {
        errno = EAGAIN;
        return -1;
    }
    return 0;
}

int pack_add_file(struct pack *pack, struct deflater *deflater, int fd, uint64_t size,
                  uint8_t oid[OID_SIZE], bool *read_failed)
{
    cleanup_free char *in = malloc(PACK_PIECE);
    cleanup_free char *out = malloc(PACK_PIECE);
    *read_failed = false;
    if (!in || !out)
        return -1;
    if (hash_file(fd, in, size, oid) < 0) {
        *read_failed = errno != EAGAIN && errno != EBADMSG;
        return -1;
    }
    (void)pthread_mutex_lock(&pack->lock);
    int result = pack->why ? pack_broken(pack, pack->why) : pack_claim(pack, oid);
    if (result > 0 && deflater_reset(deflater) == 0) {
        struct stream s = {.pack = pack, .z = &deflater->stream, .end = pack->end};
        result = stream_file(&s, fd, in, out, size, oid, read_failed);
        if (result == 0 && pack_remember(pack, oid, s.crc, pack->end) < 0)
            result = pack_broken(pack, errno);
        if (result == 0)
            pack->end = s.end;
        else if (!pack->why) {
            int why = errno;
            oid_set_remove(&pack->claimed, oid);
            errno = why;
        }
    }
    (void)pthread_mutex_unlock(&pack->lock);
    return result;
}
