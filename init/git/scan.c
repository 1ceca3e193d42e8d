/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/scan.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>

#include "init/git/ahead.h"
#include "init/git/fields.h"
#include "init/git/listing.h"

/* A file changed that shortly before the walk may change once more without its ctime showing
 * it: file systems count in ticks, some in seconds. */
enum { RACY_SECONDS = 2 };

#define NANOSECONDS 1000000000LL

struct walk {
    struct scan *scan;
    struct ahead ahead;
    struct entries *now;
    size_t cursor;    /* in scan->before: the first that is not before where we are */
    size_t different; /* so far: what is not as it was then, but for what is gone */
    int64_t racy_since;
    char path[PATH_MAX + NAME_MAX + 2];
    size_t length;
};

bool scan_believes(int root)
{
    struct statfs fs;
    return fstatfs(root, &fs) == 0 && fs.f_type != TMPFS_MAGIC && fs.f_type != RAMFS_MAGIC &&
           fs.f_type != HUGETLBFS_MAGIC;
}

/* --- the last snapshot ------------------------------------------------------------------- */

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

/* --- .gitignore -------------------------------------------------------------------------- */

/* Its rules count for what lies beside and below it. */
static int gather(struct walk *walk, const struct listing *listing)
{
    if (listing->ignore_too_large)
        record_note(walk->scan->record, NOTE_IGNORE, walk->path);
    return listing->ignore.length > 0 ? ignore_add(walk->scan->ignore, walk->path,
                                                   listing->ignore.data, listing->ignore.length)
                                      : 0;
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

/* --- the walk ---------------------------------------------------------------------------- */

static struct entry *add(struct walk *walk, const struct entry *fields,
                         const struct entry *before)
{
    struct entry *entry = before ? entries_add_shared(walk->now, before->path)
                                 : entries_add(walk->now, walk->path, walk->length);
    if (!entry)
        return NULL;
    const char *path = entry->path;
    *entry = *fields;
    entry->path = path;
    if (before)
        memcpy(entry->oid, before->oid, OID_SIZE);
    walk->different += !before;
    return entry;
}

static int add_folder(struct walk *walk, const struct entry *before)
{
    const struct entry folder = {.mode = ENTRY_FOLDER};
    return add(walk, &folder, before) ? 0 : -1;
}

static int add_file(struct walk *walk, const struct entry *fields, const struct entry *before)
{
    struct entry *entry = add(walk, fields, before);
    if (!entry)
        return -1;
    const bool racy = entry->changed >= walk->racy_since;
    if (before && walk->scan->fields_are_true && !(before->flags & ENTRY_RACY) &&
        fields_same(before, entry)) {
        entry->flags |= before->flags & ENTRY_HASH_ONLY;
        if (entry->flags & ENTRY_HASH_ONLY)
            record_note(walk->scan->record, NOTE_HASH_ONLY, walk->path);
        walk->different += racy; /* to be kept in mind, if nothing else */
    } else {
        entry->flags |= ENTRY_FRESH;
        walk->different += before != NULL;
    }
    if (racy)
        entry->flags |= ENTRY_RACY;
    return 0;
}

static int walk_folder(struct walk *walk, struct child *child);

static void enter(struct walk *walk)
{
    walk->path[walk->length++] = '/';
    walk->path[walk->length] = '\0';
}

static int visit(struct walk *walk, struct child *child)
{
    if (!entry_is_folder(&child->fields)) {
        const struct entry *before = last_time(walk);
        child->ignored = child->ignored || is_ignored(walk, false);
        return child->ignored && !before ? 0 : add_file(walk, &child->fields, before);
    }
    if (strcmp(child->name, ".git") == 0) {
        if (walk->length > strlen(".git"))
            record_note(walk->scan->record, NOTE_REPOSITORY, walk->path);
        return 0;
    }
    enter(walk);
    return child->ignored && !had_files(walk) ? 0 : walk_folder(walk, child);
}

/* Makes walk->path the child's; false where that is too long. */
static bool go_to(struct walk *walk, size_t folder, const struct child *child)
{
    if (folder + child->length + 1 >= PATH_MAX)
        return false;
    memcpy(walk->path + folder, child->name, child->length + 1);
    walk->length = folder + child->length;
    return true;
}

static void go_back(struct walk *walk, size_t folder)
{
    walk->length = folder;
    walk->path[folder] = '\0';
}

/* What the walk will come to, the last first, so that the first is in front. */
static void send_ahead(struct walk *walk, struct listing *listing)
{
    const size_t folder = walk->length;
    for (size_t i = listing->count; i-- > 0;) {
        struct child *child = &listing->items[i];
        if (!entry_is_folder(&child->fields) || strcmp(child->name, ".git") == 0 ||
            !go_to(walk, folder, child))
            continue;
        child->ignored = child->ignored || is_ignored(walk, true);
        enter(walk);
        if (!child->ignored)
            child->errand = ahead_send(&walk->ahead, walk->path, &child->fields);
        go_back(walk, folder);
    }
}

static int visit_children(struct walk *walk, struct listing *listing)
{
    const size_t folder = walk->length;
    int failed = 0;
    send_ahead(walk, listing);
    for (size_t i = 0; i < listing->count; i++) {
        struct child *child = &listing->items[i];
        if (failed || !go_to(walk, folder, child)) {
            if (!failed)
                record_note(walk->scan->record, NOTE_TOO_DEEP, walk->path);
        } else {
            failed = visit(walk, child);
            go_back(walk, folder);
        }
        if (child->errand)
            ahead_drop(&walk->ahead, child->errand);
    }
    return failed;
}

static int list(struct walk *walk, struct child *child, struct listing *listing)
{
    struct errand *errand = child ? child->errand : NULL;
    if (errand) {
        child->errand = NULL;
        return ahead_take(&walk->ahead, errand, listing);
    }
    return listing_read(listing, &(struct listing_of){.root = walk->scan->root,
                                                      .path = walk->path,
                                                      .expected = child ? &child->fields : NULL,
                                                      .ignore = walk->ahead.ignore});
}

/* Then its tree is the one of before. Nothing in it was different when nothing was and nothing
 * is gone, which shows by the numbers. */
static void compare(struct walk *walk, size_t first, size_t first_before, size_t different)
{
    const struct entries *before = walk->scan->before;
    while (walk->cursor < before->count &&
           strncmp(before->items[walk->cursor].path, walk->path, walk->length) == 0)
        walk->cursor++;
    if (walk->different == different && walk->cursor - first_before == walk->now->count - first)
        walk->now->items[first].flags |= ENTRY_SAME;
}

static int walk_folder(struct walk *walk, struct child *child)
{
    cleanup_with(listing_free) struct listing listing = {0};
    const bool ignored = child && child->ignored;
    const size_t first = walk->now->count, different = walk->different;
    if (list(walk, child, &listing) < 0)
        return -1;
    if (listing.state != LISTING_WHOLE)
        record_note(walk->scan->record, NOTE_UNREADABLE, walk->path);
    if (listing.state == LISTING_NONE)
        return 0;
    const struct entry *before = last_time(walk);
    const size_t first_before = walk->cursor;
    if (add_folder(walk, before) < 0 ||
        (!ignored && walk->ahead.ignore && gather(walk, &listing) < 0))
        return -1;
    for (size_t i = 0; i < listing.count; i++)
        listing.items[i].ignored = ignored;
    if (visit_children(walk, &listing) < 0)
        return -1;
    compare(walk, first, first_before, different);
    return 0;
}

int scan(struct scan *scan, struct entries *now, struct error *err)
{
    struct timespec time;
    struct walk walk = {.scan = scan, .now = now};
    (void)clock_gettime(CLOCK_REALTIME, &time);
    walk.racy_since = (time.tv_sec - RACY_SECONDS) * NANOSECONDS + time.tv_nsec;
    ahead_begin(&walk.ahead, scan->root, scan->gather_ignore && !scan->ignored_too);
    int failed = walk_folder(&walk, NULL);
    ahead_end(&walk.ahead);
    if (failed)
        return error_set(err, "out of memory while looking through the project");
    if (now->count == 0)
        return error_set(err, "the project cannot be read");
    return 0;
}
