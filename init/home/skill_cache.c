/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/home/skill_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "init/home/place.h"
#include "init/privs.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

enum { CACHE_MODE = 0711, HASH_SIZE = 65 };

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

int skill_cache_open(struct error *err)
{
    if (mkdir(BOX_SKILLS, CACHE_MODE) < 0 && errno != EEXIST)
        return error_errno(err, "cannot make " BOX_SKILLS);
    cleanup_fd int cache = open(BOX_SKILLS, FOLDER_FLAGS);
    /* Nobody may list what other projects use. */
    if (cache < 0 || fchmod(cache, CACHE_MODE) < 0 ||
        (mkdirat(cache, "refs", 0700) < 0 && errno != EEXIST))
        return error_errno(err, "cannot use " BOX_SKILLS);
    return take_fd(&cache);
}

void skill_cache_key(const struct skill_source *source, const char *commit,
                     char key[SKILL_KEY_SIZE])
{
    char hash[HASH_SIZE] = "";
    if (*source->path)
        (void)SHA256Data((const uint8_t *)source->path, strlen(source->path), hash);
    (void)snprintf(key, SKILL_KEY_SIZE, "%.40s%s%.16s", commit, *hash ? "-" : "", hash);
}

static void name_in(const char *folder, const struct skill_source *source,
                    char name[HASH_SIZE + 8])
{
    char text[2 * SKILL_SOURCE_MAX + 2], hash[HASH_SIZE] = "";
    int length = snprintf(text, sizeof text, "%s@%s", source->url, source->ref);
    (void)SHA256Data((const uint8_t *)text, (size_t)length, hash);
    (void)snprintf(name, HASH_SIZE + 8, "%s/%s", folder, hash);
}

static void ref_name(const struct skill_source *source, char name[HASH_SIZE + 8])
{
    name_in("refs", source, name);
}

/* 1 where the file is a commit. */
static int read_commit(int cache, const char *name, char commit[SKILL_COMMIT_SIZE])
{
    cleanup_buf struct buf text = BUF_INIT(SKILL_COMMIT_SIZE);
    if (place_read(cache, name, &text) < 0 || text.length != SKILL_COMMIT_SIZE ||
        strspn(text.data, "0123456789abcdef") != SKILL_COMMIT_SIZE - 1)
        return 0;
    (void)snprintf(commit, SKILL_COMMIT_SIZE, "%.40s", text.data);
    return 1;
}

static int write_commit(int cache, const char *name, const char *commit)
{
    char text[SKILL_COMMIT_SIZE + 1];
    (void)snprintf(text, sizeof text, "%.40s\n", commit);
    return place_file(cache, name, text, SKILL_COMMIT_SIZE, 0600);
}

int skill_cache_seen(int cache, const struct skill_source *source,
                     char commit[SKILL_COMMIT_SIZE])
{
    char name[HASH_SIZE + 8];
    name_in("seen", source, name);
    return read_commit(cache, name, commit);
}

void skill_cache_see(int cache, const struct skill_source *source, const char *commit)
{
    char name[HASH_SIZE + 8];
    name_in("seen", source, name);
    /* What cannot be noted is asked again. */
    (void)write_commit(cache, name, commit);
}

int64_t skill_cache_seen_age(int cache, const struct skill_source *source)
{
    char name[HASH_SIZE + 8];
    struct stat st;
    name_in("seen", source, name);
    return fstatat(cache, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? INT64_MAX
                                                              : time(NULL) - st.st_mtime;
}

int skill_cache_find(int cache, const struct skill_source *source,
                     char commit[SKILL_COMMIT_SIZE])
{
    char name[HASH_SIZE + 8], key[SKILL_KEY_SIZE];
    struct stat st;
    if (source->is_commit) {
        (void)snprintf(commit, SKILL_COMMIT_SIZE, "%.40s", source->ref);
    } else {
        ref_name(source, name);
        if (!read_commit(cache, name, commit))
            return 0;
    }
    skill_cache_key(source, commit, key);
    return fstatat(cache, key, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* A worker's folder is shut for root, too: it has to be root's before it can be opened. */
static int open_workers(int cache, const char *name)
{
    if (fchownat(cache, name, 0, 0, AT_SYMLINK_NOFOLLOW) < 0)
        return -1;
    return openat(cache, name, FOLDER_FLAGS);
}

/* What a worker left is its own, and root has no right to remove it. */
static void empty(int cache, const char *name, uid_t worker)
{
    struct error err = ERROR_INIT;
    cleanup_fd int folder = open_workers(cache, name);
    if (folder < 0 || fchown(folder, worker, worker) < 0 ||
        privs_files_as(worker, worker, &err) < 0)
        return;
    (void)place_remove(folder, "git");
    (void)place_remove(folder, "tree");
    if (privs_files_as(0, 0, &err) < 0)
        warn("%s", err.text);
    if (fchown(folder, 0, 0) < 0)
        warn("cannot take a folder of " BOX_SKILLS " back: %s", strerror(errno));
}

void skill_cache_drop(int cache, const char *name, uid_t worker)
{
    empty(cache, name, worker);
    (void)place_remove(cache, name);
}

int skill_cache_begin(int cache, const char *name, uid_t worker, struct error *err)
{
    skill_cache_drop(cache, name, worker);
    if (mkdirat(cache, name, 0700) < 0)
        return error_errno(err, "cannot make a folder for it");
    if (fchownat(cache, name, worker, worker, AT_SYMLINK_NOFOLLOW) < 0)
        return error_errno(err, "cannot give its folder to the worker");
    return 0;
}

int skill_cache_take(int cache, const char *name, uid_t worker,
                     const struct skill_source *source, const char *commit,
                     struct skill_count *count, struct error *err)
{
    char key[SKILL_KEY_SIZE], ref[HASH_SIZE + 8];
    cleanup_fd int folder = open_workers(cache, name);
    /* From here on nobody but root changes anything in it. */
    if (folder < 0)
        return error_errno(err, "cannot take it over");
    cleanup_fd int tree = openat(folder, "tree", FOLDER_FLAGS);
    if (tree < 0)
        return error_errno(err, "cannot open what was fetched");
    if (skill_tree_settle(tree, worker, count, err) < 0)
        return -1;
    skill_cache_key(source, commit, key);
    /* Another box may have been faster: the same commit is the same skill. */
    if (renameat(folder, "tree", cache, key) < 0 && errno != EEXIST && errno != ENOTEMPTY)
        return error_errno(err, "cannot put it into the cache");
    ref_name(source, ref);
    if (!source->is_commit && write_commit(cache, ref, commit) < 0)
        return error_errno(err, "cannot note its commit");
    if (!source->is_commit)
        skill_cache_see(cache, source, commit);
    return 0;
}
