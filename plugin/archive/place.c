/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/archive/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/log.h"

/* --- pure ----------------------------------------------------------------------------- */

int place_split(const char *path, char *storage, const char *components[PLACE_DEPTH_MAX])
{
    size_t length = strlen(path);
    if (*path == '/' || length >= PLACE_PATH_MAX)
        return -1;
    memcpy(storage, path, length + 1);
    int count = 0;
    char *state = NULL;
    for (char *part = strtok_r(storage, "/", &state); part;
         part = strtok_r(NULL, "/", &state)) {
        if (strcmp(part, ".") == 0)
            continue;
        if (strcmp(part, "..") == 0 || strlen(part) > NAME_MAX || count >= PLACE_DEPTH_MAX)
            return -1;
        components[count++] = part;
    }
    return count;
}

int place_link_is_inside(const char *link, int depth)
{
    bool down = false;
    if (*link == '/' || *link == '\0' || strlen(link) >= PLACE_PATH_MAX)
        return false;
    for (const char *at = link; *at; at += strspn(at, "/")) {
        size_t length = strcspn(at, "/");
        bool dot = length == 1 && at[0] == '.';
        bool up = length == 2 && at[0] == '.' && at[1] == '.';
        if (up && (down || depth-- == 0))
            return false;
        down |= !dot && !up;
        at += length;
    }
    return true;
}

/* --- what was made here --------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    const ino_t *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

static int remember(struct placer *placer, int fd)
{
    struct stat st;
    ino_t *number = malloc(sizeof *number);
    if (!number || fstat(fd, &st) < 0) {
        free(number);
        return -1;
    }
    *number = st.st_ino;
    ino_t **kept = tsearch(number, &placer->made, by_number);
    if (!kept || *kept != number)
        free(number);
    return kept ? 0 : -1;
}

/* --- entries -------------------------------------------------------------------------- */

/* Counts it, remembers why, and is no failure. */
static int refuse(struct placer *placer, const struct place_entry *entry, const char *why)
{
    size_t used = strlen(placer->reasons);
    if (placer->refused++ < PLACE_SHOWN_MAX)
        (void)snprintf(placer->reasons + used, sizeof placer->reasons - used, "\n%s%s%s: %s",
                       quoted(entry->path), entry->link ? " → " : "",
                       entry->link ? quoted(entry->link) : "", why);
    return 0;
}

/* An errno that says something about this entry only; any other ends all. */
static int refuse_errno(struct placer *placer, const struct place_entry *entry,
                        struct error *err)
{
    switch (errno) {
    case ELOOP: /* O_NOFOLLOW */
    case ENOTDIR:
        return refuse(placer, entry, "a link or file is in the way");
    case EISDIR: /* a folder of that name is there, or was until just now */
    case ENOTEMPTY:
    case EEXIST:
        return refuse(placer, entry, "a folder is in the way");
    case ENAMETOOLONG:
    case EILSEQ:
    case EINVAL:
        return refuse(placer, entry, "this file system cannot hold that name");
    default:
        return error_errno(err, "cannot write %s", quoted(entry->path));
    }
}

/* Opens the folder that holds the last component, making what is missing. */
static int open_parent(const struct placer *placer, const char *const *components, int count)
{
    cleanup_fd int at = fcntl(placer->target, F_DUPFD_CLOEXEC, 0);
    for (int i = 0; at >= 0 && i + 1 < count; i++) {
        if (mkdirat(at, components[i], 0755) < 0 && errno != EEXIST)
            return -1;
        int next = openat(at, components[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int number = errno;
        close(at);
        at = next;
        errno = number;
    }
    return take_fd(&at);
}

static int place_folder(int parent, const char *name, mode_t mode)
{
    if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
        return -1;
    cleanup_fd int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -1;
    /* Ours to enter and fill, whatever the archive says. */
    return fchmod(fd, (mode & 0777) | 0700);
}

static int place_file(struct placer *placer, int parent, const char *name,
                      const struct place_entry *entry, int *out)
{
    cleanup_fd int fd =
        openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || fchmod(fd, entry->mode & 0777) < 0 || remember(placer, fd) < 0)
        return -1;
    *out = take_fd(&fd);
    return 0;
}

static int place_hard_link(struct placer *placer, int parent, const char *name,
                           const struct place_entry *entry, struct error *err)
{
    char storage[PLACE_PATH_MAX];
    const char *parts[PLACE_DEPTH_MAX];
    int count = place_split(entry->link, storage, parts);
    if (count <= 0)
        return refuse(placer, entry, "leads out of the folder");
    if (placer->rename_to)
        parts[0] = placer->rename_to;
    cleanup_fd int from = open_parent(placer, parts, count);
    struct stat st;
    if (from < 0 || fstatat(from, parts[count - 1], &st, AT_SYMLINK_NOFOLLOW) < 0)
        return refuse(placer, entry, "there is no such file");
    if (!S_ISREG(st.st_mode) || !tfind(&st.st_ino, &placer->made, by_number))
        return refuse(placer, entry, "is no file of this archive");
    return linkat(from, parts[count - 1], parent, name, 0) < 0
               ? refuse_errno(placer, entry, err)
               : 0;
}

static int place_in(struct placer *placer, int parent, const char *const *parts, int count,
                    const struct place_entry *entry, int *fd, struct error *err)
{
    const char *name = parts[count - 1];
    /* A new file each time: nothing is ever written through what was there. */
    if (entry->kind != PLACE_FOLDER && unlinkat(parent, name, 0) < 0 && errno != ENOENT)
        return refuse_errno(placer, entry, err);
    int failed = 0;
    switch (entry->kind) {
    case PLACE_FOLDER:
        failed = place_folder(parent, name, entry->mode);
        break;
    case PLACE_FILE:
        failed = place_file(placer, parent, name, entry, fd);
        break;
    case PLACE_LINK:
        failed = symlinkat(entry->link, parent, name);
        break;
    case PLACE_HARD_LINK:
        return place_hard_link(placer, parent, name, entry, err);
    case PLACE_OTHER:
        break;
    }
    return failed < 0 ? refuse_errno(placer, entry, err) : 0;
}

static int check_limits(struct placer *placer, const struct place_entry *entry,
                        struct error *err)
{
    uint64_t size = entry->kind == PLACE_FILE && entry->size > 0 ? (uint64_t)entry->size : 0;
    if (placer->files >= placer->limits.files)
        return error_set(err, "the archive has more than %llu files",
                         (unsigned long long)placer->limits.files);
    if (size > placer->limits.bytes - placer->bytes)
        return error_set(err, "the archive has more than %llu MiB",
                         (unsigned long long)(placer->limits.bytes >> 20));
    placer->files++;
    placer->bytes += size;
    return 0;
}

int placer_place(struct placer *placer, const struct place_entry *entry, int *fd,
                 struct error *err)
{
    char storage[PLACE_PATH_MAX];
    const char *parts[PLACE_DEPTH_MAX];
    *fd = -1;
    int count = place_split(entry->path, storage, parts);
    if (count < 0)
        return refuse(placer, entry, "leads out of the folder");
    if (entry->kind == PLACE_OTHER)
        return refuse(placer, entry, "is no file, folder or link");
    if (count == 0) /* the folder itself */
        return entry->kind == PLACE_FOLDER ? 0 : refuse(placer, entry, "has no name");
    if (entry->kind == PLACE_LINK && !place_link_is_inside(entry->link, count - 1))
        return refuse(placer, entry, "leads out of the folder");
    if (check_limits(placer, entry, err) < 0)
        return -1;
    if (placer->rename_to)
        parts[0] = placer->rename_to;
    cleanup_fd int parent = open_parent(placer, parts, count);
    if (parent < 0)
        return refuse_errno(placer, entry, err);
    return place_in(placer, parent, parts, count, entry, fd, err);
}

int placer_open(struct placer *placer, const char *target, const char *rename_to,
                const struct archive_limits *limits, struct error *err)
{
    *placer = (struct placer){.rename_to = rename_to, .limits = *limits};
    placer->target = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (placer->target < 0)
        return error_errno(err, "cannot open the folder %s", quoted(target));
    return 0;
}

void placer_close(struct placer *placer)
{
    while (placer->made) {
        ino_t *number = *(ino_t **)placer->made; /* tsearch(3): a node starts with its key */
        (void)tdelete(number, &placer->made, by_number);
        free(number);
    }
    if (placer->target >= 0)
        close(placer->target);
    placer->target = -1;
}
