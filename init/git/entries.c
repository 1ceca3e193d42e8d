/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/entries.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Paths are many and short, and go all at once. */
struct arena {
    struct arena *next;
    size_t used, size;
    char bytes[];
};

enum { ARENA_SIZE = 256 * 1024, FIRST_CAPACITY = 256 };

static char *arena_copy(struct arena **arena, const char *text, size_t length)
{
    if (!*arena || (*arena)->size - (*arena)->used < length + 1) {
        size_t size = length + 1 > ARENA_SIZE ? length + 1 : ARENA_SIZE;
        struct arena *fresh = malloc(sizeof *fresh + size);
        if (!fresh)
            return NULL;
        *fresh = (struct arena){.next = *arena, .size = size};
        *arena = fresh;
    }
    char *copy = (*arena)->bytes + (*arena)->used;
    memcpy(copy, text, length);
    copy[length] = '\0';
    (*arena)->used += length + 1;
    return copy;
}

static int reserve(struct entries *entries, size_t capacity)
{
    struct entry *items = reallocarray(entries->items, capacity, sizeof *items);
    if (!items)
        return -1;
    entries->items = items;
    entries->capacity = capacity;
    return 0;
}

struct entry *entries_add_shared(struct entries *entries, const char *path)
{
    if (entries->count == entries->capacity &&
        reserve(entries, entries->capacity ? entries->capacity * 2 : FIRST_CAPACITY) < 0)
        return NULL;
    struct entry *entry = &entries->items[entries->count++];
    *entry = (struct entry){.path = path};
    return entry;
}

struct entry *entries_add(struct entries *entries, const char *path, size_t length)
{
    const char *copy = arena_copy(&entries->arena, path, length);
    return copy ? entries_add_shared(entries, copy) : NULL;
}

void entries_adopt(struct entries *entries, struct entries *other)
{
    struct arena **last = &entries->arena;
    while (*last)
        last = &(*last)->next;
    *last = other->arena;
    other->arena = NULL;
}

void entries_free(struct entries *entries)
{
    while (entries->arena) {
        struct arena *next = entries->arena->next;
        free(entries->arena);
        entries->arena = next;
    }
    free(entries->items);
    *entries = (struct entries){0};
}

/*
 * The file: struct head, then for each entry struct fixed and its path, then a CRC-32 of all of
 * it. In the machine's own byte order: another machine finds another magic number, and reads
 * the files anew.
 */
struct head {
    uint32_t magic, version;
    uint64_t count;
};
struct fixed {
    uint64_t size, device, inode;
    int64_t modified, changed;
    uint32_t mode, flags, path_length;
    uint8_t oid[OID_SIZE];
};
/* Another version also where the trees are made in another way: ids of them are believed. */
enum { MAGIC = 0x58444c43, VERSION = 2, KEPT_FLAGS = ENTRY_RACY | ENTRY_HASH_ONLY };

static uint32_t checksum(const void *bytes, size_t length)
{
    return (uint32_t)crc32_z(0, bytes, length);
}

int index_print(const struct entries *entries, struct buf *out)
{
    struct head head = {.magic = MAGIC, .version = VERSION};
    size_t bytes = sizeof head + sizeof(uint32_t);
    for (size_t i = 0; i < entries->count; i++) {
        if (entries->items[i].flags & ENTRY_GONE)
            continue;
        head.count++;
        bytes += sizeof(struct fixed) + strlen(entries->items[i].path);
    }
    if (!buf_reserve(out, bytes) || buf_append(out, &head, sizeof head) < 0)
        return -1;
    for (size_t i = 0; i < entries->count; i++) {
        const struct entry *e = &entries->items[i];
        if (e->flags & ENTRY_GONE)
            continue;
        struct fixed fixed = {.size = e->size,
                              .device = e->device,
                              .inode = e->inode,
                              .modified = e->modified,
                              .changed = e->changed,
                              .mode = e->mode,
                              .flags = e->flags & KEPT_FLAGS,
                              .path_length = (uint32_t)strlen(e->path)};
        memcpy(fixed.oid, e->oid, sizeof fixed.oid);
        if (buf_append(out, &fixed, sizeof fixed) < 0 ||
            buf_append(out, e->path, fixed.path_length) < 0)
            return -1;
    }
    uint32_t sum = checksum(out->data, out->length);
    return buf_append(out, &sum, sizeof sum);
}

static bool is_mode(uint32_t mode)
{
    return mode == ENTRY_FOLDER || mode == ENTRY_FILE || mode == ENTRY_PROGRAM ||
           mode == ENTRY_LINK;
}

/* A folder's path ends in a slash, but for the project's own; no other path does. */
static bool is_entry(const struct fixed *fixed, const char *path)
{
    const size_t length = fixed->path_length;
    const bool folder = fixed->mode == ENTRY_FOLDER;
    if (!is_mode(fixed->mode) || length >= PATH_MAX || (fixed->flags & ~(uint32_t)KEPT_FLAGS) ||
        memchr(path, '\0', length))
        return false;
    return length == 0 ? folder : (path[length - 1] == '/') == folder;
}

static int parse_entry(const char **p, const char *end, struct entries *entries)
{
    struct fixed fixed;
    if ((size_t)(end - *p) < sizeof fixed)
        return -1;
    memcpy(&fixed, *p, sizeof fixed);
    *p += sizeof fixed;
    if ((size_t)(end - *p) < fixed.path_length || !is_entry(&fixed, *p))
        return -1;
    struct entry *e = entries_add(entries, *p, fixed.path_length);
    if (!e || (entries->count > 1 && strcmp(e[-1].path, e->path) >= 0))
        return -1;
    *p += fixed.path_length;
    e->mode = fixed.mode;
    e->flags = fixed.flags;
    e->size = fixed.size;
    e->device = fixed.device;
    e->inode = fixed.inode;
    e->modified = fixed.modified;
    e->changed = fixed.changed;
    memcpy(e->oid, fixed.oid, sizeof e->oid);
    return 0;
}

int index_parse(const void *bytes, size_t length, struct entries *entries)
{
    struct head head;
    uint32_t sum;
    if (length < sizeof head + sizeof sum || length > INDEX_MAX)
        return -1;
    const char *p = bytes, *end = p + length - sizeof sum;
    memcpy(&head, p, sizeof head);
    memcpy(&sum, end, sizeof sum);
    if (head.magic != MAGIC || head.version != VERSION ||
        sum != checksum(bytes, length - sizeof sum))
        return -1;
    p += sizeof head;
    if (head.count > (size_t)(end - p) / sizeof(struct fixed) ||
        (head.count > 0 && reserve(entries, head.count) < 0))
        return -1;
    while (p < end)
        if (parse_entry(&p, end, entries) < 0)
            return -1;
    return entries->count == head.count ? 0 : -1;
}
