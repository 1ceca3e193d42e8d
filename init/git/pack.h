/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes one pack and its index, gitformat-pack(5), version 2 both: whole objects, no deltas.
 * A snapshot is one pack: it is there in one step, and 100,000 files are one file.
 *
 * Several threads may add objects at once, each with a struct deflater of its own.
 */
#ifndef CLAUDEX_INIT_GIT_PACK_H
#define CLAUDEX_INIT_GIT_PACK_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#include "init/git/object.h"
#include "init/git/oid.h"
#include "init/git/oid_set.h"
#include "shared/buf.h"

struct packed {
    uint8_t oid[OID_SIZE];
    uint32_t crc;
    uint64_t offset;
};

struct pack {
    pthread_mutex_t lock;
    int fd;       /* borrowed; opened for reading and writing, empty */
    uint64_t end; /* bytes so far */
    int why;      /* errno of the first failure; nothing more is added then */
    struct packed *objects;
    size_t count, capacity;
    struct oid_set claimed; /* by the threads, to add or added */
    /* Whether the repository has it already; called with the lock held. NULL: nothing. */
    bool (*known)(void *context, const uint8_t oid[OID_SIZE]);
    void *context;
};

/* Compressing; kept from object to object, for making one costs more than a small object. */
struct deflater {
    z_stream stream;
    bool ready;
    struct buf out;
};
void deflater_free(struct deflater *deflater);

void pack_begin(struct pack *pack, int fd);
void pack_free(struct pack *pack);

/* Adds an object unless it is there. 0 with its id, or -1 with errno: EBADMSG where somebody
 * tried to make SHA-1 collide (nothing was added), else the pack is broken. */
int pack_add(struct pack *pack, struct deflater *deflater, enum object_type type,
             const void *bytes, size_t length, uint8_t oid[OID_SIZE]);

/*
 * A blob too large for memory, from a file that is positioned at its start. -1 with EAGAIN
 * where the file does not have `size` bytes (it is being written), EBADMSG, EIO and the like of
 * reading (`*read_failed`): then nothing was added.
 */
int pack_add_file(struct pack *pack, struct deflater *deflater, int fd, uint64_t size,
                  uint8_t oid[OID_SIZE], bool *read_failed);

/* An object as another pack of ours has it, header and all. 0 or -1. */
int pack_add_packed(struct pack *pack, const uint8_t oid[OID_SIZE], const struct buf *bytes);

/* Completes the pack and makes the bytes of its index in *index. `name` gets the hex digits
 * that both files are named by. */
int pack_finish(struct pack *pack, struct buf *index, char name[2 * OID_SIZE + 1]);

#endif
