/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/fields.h"

#include <sys/stat.h>

#define NANOSECONDS 1000000000LL

uint32_t fields_mode(const struct stat *st)
{
    if (S_ISREG(st->st_mode))
        return st->st_mode & S_IXUSR ? ENTRY_PROGRAM : ENTRY_FILE;
    return S_ISLNK(st->st_mode) ? ENTRY_LINK : S_ISDIR(st->st_mode) ? ENTRY_FOLDER : 0;
}

void fields_take(struct entry *entry, const struct stat *st)
{
    entry->mode = fields_mode(st);
    entry->size = (uint64_t)st->st_size;
    entry->device = st->st_dev;
    entry->inode = st->st_ino;
    entry->modified = st->st_mtim.tv_sec * NANOSECONDS + st->st_mtim.tv_nsec;
    entry->changed = st->st_ctim.tv_sec * NANOSECONDS + st->st_ctim.tv_nsec;
}

bool fields_same(const struct entry *a, const struct entry *b)
{
    return a->mode == b->mode && a->size == b->size && a->inode == b->inode &&
           a->device == b->device && a->changed == b->changed && a->modified == b->modified;
}
