/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "init/git/beneath.h"
#include "init/git/fields.h"
#include "init/git/ignore.h"
#include "shared/cleanup.h"
#include "shared/io.h"

enum {
    BLOCK = 32 * 1024, /* of names at once; on a thread's stack */
    FIRST_CAPACITY = 64,
    NAMES_MAX = 1024 * 1024 * 1024,
};

void listing_free(struct listing *listing)
{
    free(listing->items);
    buf_free(&listing->names);
    buf_free(&listing->ignore);
    *listing = (struct listing){0};
}

/* git's order: a folder's name as if it ended in a slash. */
static int by_name(const void *a, const void *b)
{
    const struct child *left = a, *right = b;
    size_t common = left->length < right->length ? left->length : right->length;
    int order = memcmp(left->name, right->name, common);
    if (order)
        return order;
    unsigned char l = (unsigned char)left->name[common];
    unsigned char r = (unsigned char)right->name[common];
    l = l == '\0' && entry_is_folder(&left->fields) ? '/' : l;
    r = r == '\0' && entry_is_folder(&right->fields) ? '/' : r;
    return (l > r) - (l < r);
}

/* 1: of no interest, or gone meanwhile. */
static int add(struct listing *listing, int folder, const char *name, size_t length)
{
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOMEM ? -1 : 1;
    if (!fields_mode(&st))
        return 1;
    if (listing->count == listing->capacity) {
        size_t capacity = listing->capacity ? listing->capacity * 2 : FIRST_CAPACITY;
        struct child *items = reallocarray(listing->items, capacity, sizeof *items);
        if (!items)
            return -1;
        listing->items = items;
        listing->capacity = capacity;
    }
    if (buf_append(&listing->names, name, length + 1) < 0)
        return -1;
    struct child *child = &listing->items[listing->count++];
    *child = (struct child){.length = length};
    fields_take(&child->fields, &st);
    return 0;
}

static int read_ignore(struct listing *listing, int folder)
{
    listing->ignore.max = IGNORE_FILE_MAX;
    if (read_regular_file(folder, ".gitignore", &listing->ignore) == 0)
        return 0;
    int why = errno;
    buf_free(&listing->ignore);
    listing->ignore_too_large = why == E2BIG;
    return why == ENOMEM ? -1 : 0;
}

/* One block of names. */
static int add_block(struct listing *listing, const struct listing_of *of, int folder,
                     const char *block, size_t size)
{
    for (size_t at = 0; at < size;) {
        const struct dirent64 *entry = (const void *)(block + at);
        const char *name = entry->d_name;
        at += entry->d_reclen;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        if (add(listing, folder, name, strlen(name)) < 0)
            return -1;
        if (of->ignore && strcmp(name, ".gitignore") == 0 && read_ignore(listing, folder) < 0)
            return -1;
    }
    return 0;
}

static int read_names(struct listing *listing, const struct listing_of *of, int folder)
{
    _Alignas(struct dirent64) char block[BLOCK];
    ssize_t n;
    while ((n = getdents64(folder, block, sizeof block)) > 0)
        if (add_block(listing, of, folder, block, (size_t)n) < 0)
            return -1;
    listing->state = n < 0 ? LISTING_PART : LISTING_WHOLE;
    return 0;
}

/* The names stay where they are only now. */
static void sort(struct listing *listing)
{
    const char *name = listing->names.data;
    for (size_t i = 0; i < listing->count; i++) {
        listing->items[i].name = name;
        name += listing->items[i].length + 1;
    }
    if (listing->count > 1)
        qsort(listing->items, listing->count, sizeof *listing->items, by_name);
}

int listing_read(struct listing *listing, const struct listing_of *of)
{
    struct stat st;
    *listing = (struct listing){.state = LISTING_NONE, .names = BUF_INIT(NAMES_MAX)};
    cleanup_fd int folder =
        open_beneath(of->root, *of->path ? of->path : ".", O_RDONLY | O_DIRECTORY | O_NONBLOCK);
    if (folder < 0)
        return errno == ENOMEM ? -1 : 0;
    if (fstat(folder, &st) < 0)
        return 0;
    fields_take(&listing->folder, &st);
    if (of->expected && (listing->folder.inode != of->expected->inode ||
                         listing->folder.device != of->expected->device))
        return 0;
    if (read_names(listing, of, folder) < 0)
        return -1;
    sort(listing);
    return 0;
}
