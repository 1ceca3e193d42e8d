/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A project at one moment, as a flat list: every file, link and folder with its stat(2) fields
 * and the id of its content. What one snapshot leaves for the next is this list: a file whose
 * fields are the same need not be read again.
 *
 * It lies where only PID 1 and the git worker come. No index of the project is ever believed:
 * who may write one can forge it.
 */
#ifndef CLAUDEX_INIT_GIT_ENTRIES_H
#define CLAUDEX_INIT_GIT_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/git/oid.h"
#include "shared/buf.h"

/* git's modes. */
enum {
    ENTRY_FOLDER = 040000,
    ENTRY_FILE = 0100644,
    ENTRY_PROGRAM = 0100755,
    ENTRY_LINK = 0120000,
};

enum entry_flag {
    ENTRY_RACY = 1 << 0,      /* may change without its fields showing it: read again */
    ENTRY_HASH_ONLY = 1 << 1, /* too large to be kept: oid is that of the text that says so */
    /* Not kept in the index: */
    ENTRY_FRESH = 1 << 8, /* oid is still to be found */
    ENTRY_GONE = 1 << 9,  /* could not be read: not part of the tree */
    ENTRY_SAME = 1 << 10, /* folder: nothing in it is different, its oid is that of before */
};

struct entry {
    const char *path; /* "a/b"; a folder "a/", the project itself ""; in the list's memory */
    uint32_t mode;
    uint32_t flags;
    uint64_t size, device, inode;
    int64_t modified, changed; /* mtime and ctime, ns */
    uint8_t oid[OID_SIZE];
};

/* Ascending by path (memcmp), which is the order of git's trees. */
struct entries {
    struct entry *items;
    size_t count, capacity;
    struct arena *arena; /* where the paths are */
};

/* A new one at the end, all 0 but its path; NULL when out of memory. Moves the others. */
struct entry *entries_add(struct entries *entries, const char *path, size_t length);
/* The same with a path that stays the memory of another list. */
struct entry *entries_add_shared(struct entries *entries, const char *path);
/* Takes over the memory of the other list's paths, which stay valid as long as `entries`. */
void entries_adopt(struct entries *entries, struct entries *other);
void entries_free(struct entries *entries);
#define cleanup_entries cleanup_with(entries_free)

static inline bool entry_is_folder(const struct entry *entry)
{
    return entry->mode == ENTRY_FOLDER;
}

enum { INDEX_MAX = 2000 * 1024 * 1024 };

/* The list as bytes (without what is GONE), and back; -1 when out of memory, too large or
 * damaged. Damage costs time, nothing else. */
int index_print(const struct entries *entries, struct buf *out);
int index_parse(const void *bytes, size_t length, struct entries *entries);

#endif
