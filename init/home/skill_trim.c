/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/home/skill_trim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "init/home/place.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/log.h"

enum { LEFT_SECONDS = 24 * 3600, OLD_SIZE = SKILL_KEY_SIZE + 8 };

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* --- deciding ---------------------------------------------------------------------------- */

static int by_use(const void *a, const void *b)
{
    const struct skill_kept *left = a, *right = b;
    return (left->used < right->used) - (left->used > right->used);
}

void skill_trim_choose(struct skill_kept *list, size_t count)
{
    uint64_t bytes = 0;
    qsort(list, count, sizeof *list, by_use);
    for (size_t i = 0; i < count; i++) {
        bytes += list[i].bytes;
        list[i].drop = i >= SKILL_CACHE_MAX || bytes > SKILL_CACHE_BYTES;
    }
}

/* --- the cache --------------------------------------------------------------------------- */

int skill_trim_use(int cache, const char *key)
{
    struct stat opened, named;
    cleanup_fd int folder = openat(cache, key, FOLDER_FLAGS);
    if (folder < 0 || flock(folder, LOCK_SH | LOCK_NB) < 0)
        return -1;
    /* Another box may have taken it away between the two. */
    if (fstat(folder, &opened) < 0 || fstatat(cache, key, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
        opened.st_ino != named.st_ino)
        return -1;
    if (futimens(folder, NULL) < 0)
        warn("cannot note that a skill is used: %s", strerror(errno));
    return take_fd(&folder);
}

static uint64_t bytes_below(int folder, int depth)
{
    uint64_t bytes = 0;
    struct stat st;
    int copy = openat(folder, ".", FOLDER_FLAGS);
    cleanup_dir DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *entry;
    while (dir && depth < SKILL_DEPTH_MAX && (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        bytes += (uint64_t)st.st_blocks * 512;
        cleanup_fd int below =
            S_ISDIR(st.st_mode) ? openat(folder, entry->d_name, FOLDER_FLAGS) : -1;
        if (below >= 0)
            bytes += bytes_below(below, depth + 1);
    }
    return bytes;
}

/* Moved away first: a name is either a whole skill or none. */
static void drop(int cache, const char *key)
{
    char aside[OLD_SIZE];
    cleanup_fd int folder = openat(cache, key, FOLDER_FLAGS);
    if (folder < 0 || flock(folder, LOCK_EX | LOCK_NB) < 0)
        return; /* a box uses it */
    (void)snprintf(aside, sizeof aside, "old-%s", key);
    if (renameat(cache, key, cache, aside) < 0 || place_remove(cache, aside) < 0)
        warn("cannot remove a skill from the cache: %s", strerror(errno));
}

static bool is_key(const char *name)
{
    size_t length = strlen(name);
    return length < SKILL_KEY_SIZE && strspn(name, "0123456789abcdef") >= SKILL_COMMIT_SIZE - 1;
}

/* What a fetch or a removal that was cut off left. */
static void drop_left(int cache, const char *name, const struct stat *st, uid_t worker)
{
    if (time(NULL) - st->st_mtime < LEFT_SECONDS)
        return;
    if (strncmp(name, "new-", 4) == 0)
        skill_cache_drop(cache, name, worker);
    else if (strncmp(name, "old-", 4) == 0)
        (void)place_remove(cache, name);
}

static size_t list_all(int cache, uid_t worker, struct skill_kept *list, size_t max)
{
    size_t count = 0;
    struct stat st;
    int copy = openat(cache, ".", FOLDER_FLAGS);
    cleanup_dir DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *entry;
    while (dir && count < max && (entry = readdir(dir))) {
        if (fstatat(cache, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
            continue;
        if (!is_key(entry->d_name)) {
            drop_left(cache, entry->d_name, &st, worker);
            continue;
        }
        cleanup_fd int folder = openat(cache, entry->d_name, FOLDER_FLAGS);
        list[count] = (struct skill_kept){.used = st.st_mtime, .bytes = bytes_below(folder, 0)};
        (void)snprintf(list[count++].key, SKILL_KEY_SIZE, "%s", entry->d_name);
    }
    return count;
}

/* References to commits of which nothing is left. */
static void drop_references(int cache, const struct skill_kept *list, size_t count)
{
    cleanup_fd int refs = openat(cache, "refs", FOLDER_FLAGS);
    cleanup_fd int seen = openat(cache, "seen", FOLDER_FLAGS);
    int copy = refs < 0 ? -1 : openat(refs, ".", FOLDER_FLAGS);
    cleanup_dir DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        bool kept = entry->d_name[0] == '.';
        cleanup_buf struct buf text = BUF_INIT(SKILL_COMMIT_SIZE);
        if (!kept && place_read(refs, entry->d_name, &text) == 0 &&
            text.length == SKILL_COMMIT_SIZE)
            for (size_t i = 0; i < count && !kept; i++)
                kept = !list[i].drop && memcmp(list[i].key, text.data, text.length - 1) == 0;
        if (!kept) {
            (void)unlinkat(refs, entry->d_name, 0);
            (void)unlinkat(seen, entry->d_name, 0);
        }
    }
}

void skill_trim(int cache, uid_t worker)
{
    struct stat st;
    size_t dropped = 0;
    cleanup_free struct skill_kept *list = calloc(SKILL_CACHE_LISTED, sizeof *list);
    if (!list)
        return;
    const size_t count = list_all(cache, worker, list, SKILL_CACHE_LISTED);
    skill_trim_choose(list, count);
    for (size_t i = count; i-- > 0;) {
        if (!list[i].drop)
            continue;
        drop(cache, list[i].key);
        list[i].drop = fstatat(cache, list[i].key, &st, AT_SYMLINK_NOFOLLOW) < 0;
        dropped += list[i].drop;
    }
    if (dropped > 0)
        drop_references(cache, list, count);
}
