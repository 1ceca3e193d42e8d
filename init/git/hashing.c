/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/hashing.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sha2.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "init/git/beneath.h"
#include "init/git/fields.h"
#include "init/processors.h"
#include "shared/cleanup.h"

enum {
    IN_MEMORY_MAX = 8 * 1024 * 1024, /* for each thread; larger files go by in pieces */
    THREADS_MAX = 16,
    WORTH_A_THREAD = 48, /* files; starting a thread takes as long as reading a few */
    TRIES = 4,           /* with a file that changes while it is read */
    SETTLED_SECONDS = 1, /* no write takes longer */
    BLOCK = 64 * 1024,
};

struct work {
    const struct hashing *hashing;
    const size_t *fresh; /* indices of entries */
    size_t count;
    atomic_size_t next;
    atomic_int why; /* errno of what ended it */
};

struct reader {
    struct work *work;
    struct deflater deflater;
    struct buf bytes;
};

/* --- of large files, only a hash --------------------------------------------------------- */

static bool is_zero(const char *bytes, size_t length)
{
    return length == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0);
}

/* A sparse file may be larger than any disk: what is all zero counts by its offset. */
static int hash_data(int fd, bool sparse, SHA2_CTX *context, char *block)
{
    off_t at = 0;
    for (;;) {
        off_t data = sparse ? lseek(fd, at, SEEK_DATA) : at;
        if (sparse && data < 0)
            return errno == ENXIO ? 0 : -1;
        at = data - data % BLOCK;
        ssize_t n = pread(fd, block, BLOCK, at);
        if (n <= 0)
            return n < 0 ? -1 : 0;
        uint64_t offset = htole64((uint64_t)at);
        if (sparse && !is_zero(block, (size_t)n))
            SHA256Update(context, (const uint8_t *)&offset, sizeof offset);
        if (!sparse || !is_zero(block, (size_t)n))
            SHA256Update(context, (const uint8_t *)block, (size_t)n);
        if (n < BLOCK)
            return 0;
        at += n;
    }
}

/* What stands in its place. */
static int add_hash(struct reader *reader, struct entry *entry, int fd, enum note note)
{
    const struct hashing *h = reader->work->hashing;
    char hex[SHA256_DIGEST_STRING_LENGTH], text[512];
    cleanup_free char *block = malloc(BLOCK);
    SHA2_CTX context;
    struct stat st;
    if (!block || fstat(fd, &st) < 0)
        return -1;
    const bool sparse = st.st_blocks < st.st_size / 512;
    SHA256Init(&context);
    if (hash_data(fd, sparse, &context, block) < 0) {
        entry->flags |= ENTRY_GONE;
        record_note(h->record, NOTE_UNREADABLE, entry->path);
        return 0;
    }
    SHA256End(&context, hex);
    int n = snprintf(
        text, sizeof text, "claudex: this file is not kept, only its hash\nsize %llu\n%s %s\n",
        (unsigned long long)st.st_size,
        sparse ? "sha256-of-nonzero-64k-blocks-behind-their-offsets" : "sha256", hex);
    entry->flags |= ENTRY_HASH_ONLY;
    record_note(h->record, note, entry->path);
    return pack_add(h->pack, &reader->deflater, OBJECT_BLOB, text, (size_t)n, entry->oid);
}

/* --- one file ---------------------------------------------------------------------------- */

static int read_whole(int fd, struct buf *bytes)
{
    buf_clear(bytes);
    for (;;) {
        char *room = buf_reserve(bytes, BLOCK);
        if (!room)
            return -1;
        ssize_t n = read(fd, room, BLOCK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -1 : 0;
        bytes->length += (size_t)n;
    }
}

enum outcome { DONE, AGAIN, UNREADABLE, TOO_LARGE, COLLISION, BROKEN };

static enum outcome add_content(struct reader *reader, struct entry *entry, int fd)
{
    struct pack *pack = reader->work->hashing->pack;
    struct deflater *deflater = &reader->deflater;
    bool read_failed = false;
    int failed;
    if (entry->size > IN_MEMORY_MAX) {
        failed = pack_add_file(pack, deflater, fd, entry->size, entry->oid, &read_failed);
    } else {
        if (read_whole(fd, &reader->bytes) < 0)
            return errno == E2BIG ? AGAIN : errno == ENOMEM ? BROKEN : UNREADABLE;
        failed =
            pack_add(pack, deflater, OBJECT_BLOB, reader->bytes.data ? reader->bytes.data : "",
                     reader->bytes.length, entry->oid);
    }
    if (!failed)
        return DONE;
    if (errno == EBADMSG)
        return COLLISION;
    return read_failed ? UNREADABLE : errno == EAGAIN ? AGAIN : BROKEN;
}

/* write(2) sets the times first and copies then: one that was under way before the file was
 * looked at does not show in them. */
static bool is_settled(const struct entry *entry)
{
    struct timespec now;
    return clock_gettime(CLOCK_REALTIME, &now) == 0 &&
           (now.tv_sec - SETTLED_SECONDS) * 1000000000LL + now.tv_nsec > entry->changed;
}

/* Once; what came is good unless the file changed meanwhile, or may have: then it has to be
 * what came the last time. */
static enum outcome try_file(struct reader *reader, struct entry *entry, int fd)
{
    const struct hashing *h = reader->work->hashing;
    uint8_t last[OID_SIZE];
    struct stat before, after;
    /* Pages that are written back are write-protected: who changes one by a mapping from now
     * on changes ctime. Which file systems cannot do it, scan_believes() knows. */
    if (h->write_back)
        (void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE);
    if (fstat(fd, &before) < 0 || lseek(fd, 0, SEEK_SET) < 0)
        return UNREADABLE;
    fields_take(entry, &before);
    if (entry->size > h->kept_max)
        return TOO_LARGE;
    memcpy(last, entry->oid, OID_SIZE);
    enum outcome outcome = add_content(reader, entry, fd);
    if (outcome != DONE)
        return outcome;
    struct entry now = {0};
    if (fstat(fd, &after) < 0)
        return AGAIN;
    fields_take(&now, &after);
    if (!fields_same(entry, &now))
        return AGAIN;
    /* Large ones are read twice anyway. */
    return entry->size > IN_MEMORY_MAX || is_settled(entry) ||
                   memcmp(last, entry->oid, OID_SIZE) == 0
               ? DONE
               : AGAIN;
}

static int lose(const struct reader *reader, struct entry *entry, enum note note)
{
    entry->flags |= ENTRY_GONE;
    record_note(reader->work->hashing->record, note, entry->path);
    return 0;
}

static int add_file(struct reader *reader, struct entry *entry)
{
    const struct hashing *h = reader->work->hashing;
    struct stat st;
    cleanup_fd int fd = open_beneath(h->root, entry->path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        entry->flags |= ENTRY_GONE; /* removed since it was seen */
        return 0;
    }
    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
        return -1;
    if (fd < 0)
        return lose(reader, entry, errno == ELOOP ? NOTE_CHANGING : NOTE_UNREADABLE);
    /* On another file system: something was mounted over it since it was seen. */
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_dev != entry->device)
        return lose(reader, entry, NOTE_CHANGING);
    for (int i = 0; i < TRIES; i++) {
        switch (try_file(reader, entry, fd)) {
        case DONE:
            return 0;
        case AGAIN:
            entry->flags |= ENTRY_RACY;
            break;
        case UNREADABLE:
            return lose(reader, entry, NOTE_UNREADABLE);
        case TOO_LARGE:
            return add_hash(reader, entry, fd, NOTE_HASH_ONLY);
        case COLLISION:
            return add_hash(reader, entry, fd, NOTE_COLLISION);
        case BROKEN:
            return -1;
        }
    }
    record_note(h->record, NOTE_CHANGING, entry->path);
    /* Of a small one the last reading stands; of a large one there is none. */
    return entry->size > IN_MEMORY_MAX ? add_hash(reader, entry, fd, NOTE_HASH_ONLY) : 0;
}

static int add_link(struct reader *reader, struct entry *entry)
{
    const struct hashing *h = reader->work->hashing;
    char target[PATH_MAX];
    cleanup_fd int fd = open_beneath(h->root, entry->path, O_PATH);
    ssize_t length = fd < 0 ? -1 : readlinkat(fd, "", target, sizeof target);
    if (length < 0) {
        entry->flags |= ENTRY_GONE;
        return 0;
    }
    return pack_add(h->pack, &reader->deflater, OBJECT_BLOB, target, (size_t)length,
                    entry->oid);
}

/* --- all --------------------------------------------------------------------------------- */

static void *read_some(void *context)
{
    struct work *work = context;
    struct reader reader = {.work = work, .bytes = BUF_INIT(IN_MEMORY_MAX + 2 * BLOCK)};
    while (atomic_load(&work->why) == 0) {
        size_t i = atomic_fetch_add(&work->next, 1);
        if (i >= work->count)
            break;
        struct entry *entry = &work->hashing->entries->items[work->fresh[i]];
        int failed = (entry->mode == ENTRY_LINK ? add_link : add_file)(&reader, entry);
        entry->flags &= ~(uint32_t)ENTRY_FRESH;
        if (failed)
            atomic_store(&work->why, errno ? errno : EIO);
    }
    deflater_free(&reader.deflater);
    buf_free(&reader.bytes);
    return NULL;
}

static void run(struct work *work)
{
    pthread_t threads[THREADS_MAX];
    size_t wanted = work->count / WORTH_A_THREAD, started = 0;
    size_t most = processors(THREADS_MAX);
    if (wanted > most)
        wanted = most;
    /* This thread is one of them. Where no other can be started, it does the work alone. */
    while (started + 1 < wanted &&
           pthread_create(&threads[started], NULL, read_some, work) == 0)
        started++;
    (void)read_some(work);
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
}

int hash_fresh(const struct hashing *hashing, struct error *err)
{
    const struct entries *entries = hashing->entries;
    size_t count = 0;
    for (size_t i = 0; i < entries->count; i++)
        count += (entries->items[i].flags & ENTRY_FRESH) != 0;
    if (count == 0)
        return 0;
    cleanup_free size_t *fresh = calloc(count, sizeof *fresh);
    if (!fresh)
        return error_errno(err, "cannot record the project");
    struct work work = {.hashing = hashing, .fresh = fresh};
    for (size_t i = 0; i < entries->count; i++)
        if (entries->items[i].flags & ENTRY_FRESH)
            fresh[work.count++] = i;
    run(&work);
    int why = atomic_load(&work.why);
    if (why == 0)
        return 0;
    errno = why;
    (void)error_errno(err, "cannot record the project");
    errno = why;
    return -1;
}
