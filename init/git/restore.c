/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <git2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/git/entries.h"
#include "init/git/path.h"
#include "init/git/record.h"
#include "shared/cleanup.h"
#include "shared/io.h"

#define TEMPORARY ".claudex-restore"

/* One file, as the agent does it. */
struct task {
    int root;
    const char *path; /* of the project */
    uint32_t mode;    /* 0: it shall not be there */
    const void *bytes;
    size_t length;
};

/* The folder of the task's file, each part opened by itself; made where it is missing and
 * wanted. `name` gets the last part. -1 with errno. */
static int open_parent(const struct task *task, bool make, const char **name)
{
    cleanup_fd int folder = openat(task->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const char *part = task->path;
    for (const char *slash; folder >= 0 && (slash = strchr(part, '/')); part = slash + 1) {
        char word[256];
        if ((size_t)(slash - part) >= sizeof word) {
            errno = ENAMETOOLONG;
            return -1;
        }
        (void)snprintf(word, sizeof word, "%.*s", (int)(slash - part), part);
        if (make && mkdirat(folder, word, 0755) < 0 && errno != EEXIST)
            return -1;
        int next = openat(folder, word, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        close(folder);
        folder = next;
    }
    *name = part;
    return take_fd(&folder);
}

static int remove_file(const struct task *task)
{
    const char *name;
    char path[PATH_DECODED_MAX];
    cleanup_fd int folder = open_parent(task, false, &name);
    if (folder < 0 || unlinkat(folder, name, 0) < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : -1;
    /* Folders that this empties go, too: the snapshot knows no empty ones. */
    (void)snprintf(path, sizeof path, "%s", task->path);
    for (char *slash; (slash = strrchr(path, '/'));) {
        struct task above = *task;
        *slash = '\0';
        above.path = path;
        cleanup_fd int parent = open_parent(&above, false, &name);
        if (parent < 0 || unlinkat(parent, name, AT_REMOVEDIR) < 0)
            break;
    }
    return 0;
}

/* An existing file keeps who may read it. */
static mode_t permissions(int folder, const char *name, uint32_t mode)
{
    struct stat st;
    mode_t bits = mode == ENTRY_PROGRAM ? 0755 : 0644;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
        return bits;
    mode_t is = st.st_mode & 0666;
    return mode == ENTRY_PROGRAM ? is | (is & 0444) >> 2 : is;
}

static int write_link(int folder, const struct task *task)
{
    char target[4096];
    if (task->length >= sizeof target) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(target, task->bytes, task->length);
    target[task->length] = '\0';
    return symlinkat(target, folder, TEMPORARY);
}

/* Beside the old one and then over it, so that nobody sees half a file. */
static int write_file(const struct task *task)
{
    const char *name;
    cleanup_fd int folder = open_parent(task, true, &name);
    if (folder < 0)
        return -1;
    (void)unlinkat(folder, TEMPORARY, 0);
    if (task->mode == ENTRY_LINK) {
        if (write_link(folder, task) < 0)
            return -1;
    } else {
        mode_t mode = permissions(folder, name, task->mode);
        cleanup_fd int fd = openat(folder, TEMPORARY,
                                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd < 0 || write_all(fd, task->bytes, task->length) < 0 || fchmod(fd, mode) < 0) {
            int why = errno;
            (void)unlinkat(folder, TEMPORARY, 0);
            errno = why;
            return -1;
        }
    }
    if (renameat(folder, TEMPORARY, folder, name) == 0)
        return 0;
    int why = errno;
    (void)unlinkat(folder, TEMPORARY, 0);
    errno = why;
    return -1;
}

static int act(void *context, struct error *err)
{
    const struct task *task = context;
    (void)err;
    if ((task->mode ? write_file : remove_file)(task) == 0)
        return 0;
    return errno;
}

static void fail(json_t *failures, const char *path, const char *why)
{
    (void)json_array_append_new(
        failures, json_pack("{s:o, s:s}", "path", history_path(path), "why", why));
}

static bool is_listed(const json_t *record, enum note kind, const char *path)
{
    size_t i;
    const json_t *one,
        *paths = json_object_get(json_object_get(record, note_names[kind]), "paths");
    json_array_foreach(paths, i, one)
    {
        const char *text = json_string_value(one);
        if (text && strcmp(text, path) == 0)
            return true;
    }
    return false;
}

static int one_task(struct actor *actor, struct task *task, const char *path, json_t *failures,
                    struct error *err)
{
    int why = actor_run(actor, act, task, err);
    if (why == 0)
        return 0;
    fail(failures, path, strerror(why));
    /* Going on would only cost what is left. */
    return why == ENOSPC || why == EDQUOT || why == EROFS
               ? error_set(err, "cannot restore any more: %s", strerror(why))
               : 0;
}

static int put_back(const struct history *history, struct actor *actor,
                    const git_diff_delta *delta, int root, const json_t *record,
                    json_t *failures, struct error *err)
{
    char path[PATH_DECODED_MAX];
    git_blob *blob = NULL;
    (void)path_decode(delta->new_file.path, path, sizeof path);
    if (is_listed(record, NOTE_HASH_ONLY, path) || is_listed(record, NOTE_COLLISION, path)) {
        fail(failures, path, "its content is not kept, only its hash");
        return 0;
    }
    if (git_blob_lookup(&blob, history->repository, &delta->new_file.id) < 0) {
        fail(failures, path, "its content cannot be read from the audit repository");
        return 0;
    }
    struct task task = {.root = root,
                        .path = path,
                        .mode = delta->new_file.mode,
                        .bytes = git_blob_rawcontent(blob),
                        .length = (size_t)git_blob_rawsize(blob)};
    int result = one_task(actor, &task, path, failures, err);
    git_blob_free(blob);
    return result;
}

int restore_apply(const struct history *history, struct actor *actor, git_diff *diff, int root,
                  const json_t *record, json_t *failures, struct error *err)
{
    const size_t count = git_diff_num_deltas(diff);
    /* First what has to go: a file may be where a folder shall be. */
    for (size_t i = 0; i < count; i++) {
        const git_diff_delta *delta = git_diff_get_delta(diff, i);
        char path[PATH_DECODED_MAX];
        if (delta->status != GIT_DELTA_DELETED)
            continue;
        (void)path_decode(delta->old_file.path, path, sizeof path);
        struct task task = {.root = root, .path = path};
        if (one_task(actor, &task, path, failures, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < count; i++) {
        const git_diff_delta *delta = git_diff_get_delta(diff, i);
        if (delta->status != GIT_DELTA_DELETED &&
            put_back(history, actor, delta, root, record, failures, err) < 0)
            return -1;
    }
    return 0;
}
