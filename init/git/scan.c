/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#include "shared/cleanup.h"
#include "shared/io.h"

/* A file changed that shortly before the walk may change once more without its ctime showing
 * it: file systems count in ticks, some in seconds. */
enum { RACY_SECONDS = 2 };

#define NANOSECONDS 1000000000LL

struct walk {
    struct scan *scan;
    struct entries *now;
    size_t cursor; /* in scan->before: the first that is not before where we are */
    int64_t racy_since;
    char path[PATH_MAX + NAME_MAX + 2];
    size_t length;
};

/* One name of a folder; all of a folder's are read before they are gone through, for they have
 * to be in git's order. */
struct child {
    char *name;
    size_t length;
    struct stat st;
};

struct children {
    struct child *items;
    size_t count, capacity;
};

static void children_free(struct children *children)
{
    for (size_t i = 0; i < children->count; i++)
        free(children->items[i].name);
    free(children->items);
}

static int64_t nanoseconds(const struct timespec *time)
{
    return time->tv_sec * NANOSECONDS + time->tv_nsec;
}

uint32_t scan_mode(const struct stat *st)
{
    if (S_ISREG(st->st_mode))
        return st->st_mode & S_IXUSR ? ENTRY_PROGRAM : ENTRY_FILE;
    return S_ISLNK(st->st_mode) ? ENTRY_LINK : S_ISDIR(st->st_mode) ? ENTRY_FOLDER : 0;
}

bool scan_is_same(const struct entry *entry, const struct stat *st)
{
    return entry->mode == scan_mode(st) && entry->size == (uint64_t)st->st_size &&
           entry->inode == st->st_ino && entry->device == st->st_dev &&
           entry->changed == nanoseconds(&st->st_ctim) &&
           entry->modified == nanoseconds(&st->st_mtim);
}

bool scan_believes(int root)
{
    struct statfs fs;
    return fstatfs(root, &fs) == 0 && fs.f_type != TMPFS_MAGIC && fs.f_type != RAMFS_MAGIC &&
           fs.f_type != HUGETLBFS_MAGIC;
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
    l = l == '\0' && S_ISDIR(left->st.st_mode) ? '/' : l;
    r = r == '\0' && S_ISDIR(right->st.st_mode) ? '/' : r;
    return (l > r) - (l < r);
}

static int add_child(struct children *children, int folder, const char *name)
{
    if (children->count == children->capacity) {
        size_t capacity = children->capacity ? children->capacity * 2 : 64;
        struct child *items = reallocarray(children->items, capacity, sizeof *items);
        if (!items)
            return -1;
        children->items = items;
        children->capacity = capacity;
    }
    struct child *child = &children->items[children->count];
    if (fstatat(folder, name, &child->st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOMEM ? -1 : 0; /* gone meanwhile */
    if (!scan_mode(&child->st))
        return 0;
    child->length = strlen(name);
    child->name = strdup(name);
    if (!child->name)
        return -1;
    children->count++;
    return 0;
}

/* 1: cannot be read. */
static int read_children(DIR *dir, struct children *children)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry)
            break;
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        if (add_child(children, dirfd(dir), name) < 0)
            return -1;
    }
    if (errno)
        return 1;
    if (children->count > 1)
        qsort(children->items, children->count, sizeof *children->items, by_name);
    return 0;
}

/* --- the last snapshot ---------------------------------------------------------------------
 */

/* Both lists ascend, so this only ever goes on. */
static const struct entry *seek(struct walk *walk)
{
    const struct entries *before = walk->scan->before;
    while (walk->cursor < before->count &&
           strcmp(before->items[walk->cursor].path, walk->path) < 0)
        walk->cursor++;
    return walk->cursor < before->count ? &before->items[walk->cursor] : NULL;
}

static const struct entry *last_time(struct walk *walk)
{
    const struct entry *entry = seek(walk);
    return entry && strcmp(entry->path, walk->path) == 0 ? entry : NULL;
}

/* Was there a file anywhere below the folder that walk->path is? */
static bool had_files(struct walk *walk)
{
    const struct entry *entry = seek(walk);
    return entry && strncmp(entry->path, walk->path, walk->length) == 0;
}

/* --- .gitignore ----------------------------------------------------------------------------
 */

/* Its rules count for what lies beside and below it. */
static int gather(struct walk *walk, int folder)
{
    cleanup_buf struct buf text = BUF_INIT(IGNORE_FILE_MAX);
    if (read_regular_file(folder, ".gitignore", &text) == 0)
        return text.length ? ignore_add(walk->scan->ignore, walk->path, text.data, text.length)
                           : 0;
    if (errno == E2BIG)
        record_note(walk->scan->record, NOTE_IGNORE, walk->path);
    return 0;
}

/* The nearest .gitignore that says something decides. */
static bool is_ignored(struct walk *walk, bool is_folder)
{
    char folder[PATH_MAX + NAME_MAX + 2];
    if (walk->scan->ignored_too || walk->scan->ignore->count == 0)
        return false;
    size_t length = walk->length;
    memcpy(folder, walk->path, length + 1);
    while (length > 0) {
        do
            length--;
        while (length > 0 && folder[length - 1] != '/');
        folder[length] = '\0';
        const struct ignore_file *file = ignore_find(walk->scan->ignore, folder);
        enum ignore_verdict verdict =
            file ? ignore_judge(file, walk->path, is_folder) : IGNORE_UNDECIDED;
        if (verdict != IGNORE_UNDECIDED)
            return verdict == IGNORE_YES;
    }
    return false;
}

/* --- the walk ------------------------------------------------------------------------------
 */

static int add(struct walk *walk, const struct stat *st, const struct entry *before)
{
    struct entry *entry = entries_add(walk->now, walk->path, walk->length);
    if (!entry)
        return -1;
    entry->mode = scan_mode(st);
    if (entry_is_folder(entry)) {
        if (before) {
            memcpy(entry->oid, before->oid, OID_SIZE);
            entry->flags |= ENTRY_KNOWN;
        }
        return 0;
    }
    entry->size = (uint64_t)st->st_size;
    entry->device = st->st_dev;
    entry->inode = st->st_ino;
    entry->modified = nanoseconds(&st->st_mtim);
    entry->changed = nanoseconds(&st->st_ctim);
    if (before && walk->scan->fields_are_true && !(before->flags & ENTRY_RACY) &&
        scan_is_same(before, st)) {
        memcpy(entry->oid, before->oid, OID_SIZE);
        entry->flags |= before->flags & ENTRY_HASH_ONLY;
        if (entry->flags & ENTRY_HASH_ONLY)
            record_note(walk->scan->record, NOTE_HASH_ONLY, walk->path);
    } else {
        entry->flags |= ENTRY_FRESH;
    }
    if (entry->changed >= walk->racy_since)
        entry->flags |= ENTRY_RACY;
    return 0;
}

static int walk_folder(struct walk *walk, const struct stat *expected, bool ignored);

static int visit(struct walk *walk, const struct child *child, bool ignored)
{
    const bool is_folder = S_ISDIR(child->st.st_mode);
    if (strcmp(child->name, ".git") == 0 && is_folder) {
        if (walk->length > strlen(".git"))
            record_note(walk->scan->record, NOTE_REPOSITORY, walk->path);
        return 0;
    }
    ignored = ignored || is_ignored(walk, is_folder);
    if (!is_folder) {
        const struct entry *before = last_time(walk);
        return ignored && !before ? 0 : add(walk, &child->st, before);
    }
    walk->path[walk->length++] = '/';
    walk->path[walk->length] = '\0';
    return ignored && !had_files(walk) ? 0 : walk_folder(walk, &child->st, ignored);
}

static int visit_children(struct walk *walk, const struct children *children, bool ignored)
{
    const size_t folder = walk->length;
    for (size_t i = 0; i < children->count; i++) {
        const struct child *child = &children->items[i];
        if (folder + child->length + 1 >= PATH_MAX) {
            record_note(walk->scan->record, NOTE_TOO_DEEP, walk->path);
            continue;
        }
        memcpy(walk->path + folder, child->name, child->length + 1);
        walk->length = folder + child->length;
        int failed = visit(walk, child, ignored);
        walk->length = folder;
        walk->path[folder] = '\0';
        if (failed)
            return -1;
    }
    return 0;
}

/* Opened by its whole path, so that depth costs no descriptors; that it is the folder that was
 * seen, and no other through a symlink on the way, its inode says. */
static DIR *open_folder(const struct walk *walk, const struct stat *expected)
{
    struct stat st;
    cleanup_fd int fd = openat(walk->scan->root, walk->length ? walk->path : ".",
                               O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 ||
        (expected && (st.st_ino != expected->st_ino || st.st_dev != expected->st_dev)))
        return NULL;
    DIR *dir = fdopendir(fd);
    if (dir)
        (void)take_fd(&fd);
    return dir;
}

static int walk_folder(struct walk *walk, const struct stat *expected, bool ignored)
{
    cleanup_with(children_free) struct children children = {0};
    struct stat st;
    DIR *dir = open_folder(walk, expected);
    int result = dir ? 0 : 1;
    if (!dir && errno == ENOMEM)
        return -1;
    if (dir && fstat(dirfd(dir), &st) == 0 && add(walk, &st, last_time(walk)) < 0)
        result = -1;
    if (dir && result == 0 && walk->scan->gather_ignore && !ignored &&
        !walk->scan->ignored_too && gather(walk, dirfd(dir)) < 0)
        result = -1;
    if (dir && result == 0)
        result = read_children(dir, &children);
    if (dir)
        closedir(dir); /* before going deeper */
    if (result < 0)
        return -1;
    if (result > 0)
        record_note(walk->scan->record, NOTE_UNREADABLE, walk->path);
    return visit_children(walk, &children, ignored);
}

int scan(struct scan *scan, struct entries *now, struct error *err)
{
    struct timespec time;
    struct walk walk = {.scan = scan, .now = now};
    (void)clock_gettime(CLOCK_REALTIME, &time);
    walk.racy_since = nanoseconds(&time) - RACY_SECONDS * NANOSECONDS;
    if (walk_folder(&walk, NULL, false) < 0)
        return error_set(err, "out of memory while looking through the project");
    if (now->count == 0)
        return error_set(err, "the project cannot be read");
    return 0;
}
