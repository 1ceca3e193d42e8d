/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/session/folders.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"
#include "shared/utf8.h"

void folders_free(struct folders *folders)
{
    for (size_t i = 0; i < folders->count; i++) {
        struct folder *folder = &folders->items[i];
        free(folder->path);
        free(folder->name);
        cleanup_fd_(&folder->fd);
    }
    free(folders->items);
    *folders = (struct folders){0};
}

/* True for `path` itself and for what lies below it; both are real paths. */
static bool is_within(const char *path, const char *inner)
{
    size_t length = strcmp(path, "/") == 0 ? 0 : strlen(path);
    return strncmp(path, inner, length) == 0 && (inner[length] == '/' || inner[length] == '\0');
}

const char *folder_refusal(const char *path, const struct folder_limits *limits, bool *forcible)
{
    /* Not files of anybody's, but the kernel's and the machine's inner life. */
    static const char *const kernels[] = {"/proc", "/sys", "/dev"};
    static const char *const systems[] = {"/bin", "/boot",    "/etc",    "/lib",
                                          "/opt", "/run",     "/sbin",   "/usr",
                                          "/var", "/var/lib", "/var/run"};
    *forcible = false;
    for (size_t i = 0; i < array_length(kernels); i++)
        if (is_within(kernels[i], path))
            return "it is the kernel's";
    if (limits->socket && strcmp(path, "/") != 0 && is_within(path, limits->socket))
        return "the engine's socket lies in it, and through that everything on this machine "
               "can be reached";
    *forcible = true;
    if (limits->force)
        return NULL;
    if (strcmp(path, "/") == 0)
        return "it is the whole machine";
    if (limits->home && strcmp(path, limits->home) == 0)
        return "it is your home folder, with your keys and logins in it";
    if (limits->home && is_within(path, limits->home))
        return "your home folder lies in it, with your keys and logins";
    for (size_t i = 0; i < array_length(systems); i++)
        if (strcmp(path, systems[i]) == 0)
            return "it is the system's";
    return NULL;
}

/* What realpath(3) and open(2) say, in words about folders. */
static int explain(const char *path, struct error *err)
{
    switch (errno) {
    case ENOENT:
        return error_set(err, "%s: there is no such folder", quoted(path));
    case ENOTDIR:
        return error_set(err, "%s: that is not a folder; name the folder that it is in",
                         quoted(path));
    case EACCES:
        return error_set(err, "%s: you may not read this folder (permission denied)",
                         quoted(path));
    case ELOOP:
        return error_set(err, "%s: symbolic links that go round in a circle", quoted(path));
    default:
        return error_errno(err, "%s", quoted(path));
    }
}

/* The folder's own permissions, as this user has them. */
static int check_access(const struct folder *folder, struct error *err)
{
    char self[64];
    (void)snprintf(self, sizeof self, "/proc/self/fd/%d/.", folder->fd);
    if (faccessat(AT_FDCWD, self, R_OK | X_OK, AT_EACCESS) < 0)
        return explain(folder->path, err);
    if (!folder->read_only && faccessat(AT_FDCWD, self, W_OK, AT_EACCESS) < 0)
        return error_set(err,
                         "%s: you may not write in this folder (%s); to show it to the box "
                         "without writing, add :ro",
                         quoted(folder->path), strerror(errno));
    return 0;
}

static int check_name(const struct folder *folder, struct error *err)
{
    const size_t length = strlen(folder->path);
    if (!utf8_is_valid(folder->path, length) ||
        utf8_find_control(folder->path, length) < length)
        return error_set(err,
                         "%s: a name with bytes in it that are no text (UTF-8 without "
                         "control characters); rename the folder",
                         quoted(folder->path));
    if (strlen(folder->name) + sizeof BOX_WORKSPACE + 1 > PATH_MAX)
        return error_set(err, "%s: too long a name", quoted(folder->path));
    return 0;
}

static int open_folder(struct folder *folder, const char *text, struct error *err)
{
    folder->path = realpath(text, NULL);
    if (!folder->path)
        return explain(text, err);
    folder->fd = open(folder->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (folder->fd < 0 || fstat(folder->fd, &st) < 0)
        return explain(text, err);
    const char *last = strrchr(folder->path, '/') + 1;
    folder->name = strdup(*last ? last : "root");
    if (!folder->name)
        return error_set(err, "out of memory");
    folder->device = st.st_dev;
    folder->inode = st.st_ino;
    folder->owner = st.st_uid;
    return 0;
}

/* "DIR:ro" → "DIR". The caller's, NULL when out of memory. */
static char *without_suffix(const char *text, bool *read_only)
{
    static const struct {
        const char *suffix;
        bool read_only;
    } suffixes[] = {{":ro", true}, {":rw", false}};
    size_t length = strlen(text);
    for (size_t i = 0; i < array_length(suffixes); i++) {
        size_t size = strlen(suffixes[i].suffix);
        if (length > size && strcmp(text + length - size, suffixes[i].suffix) == 0) {
            *read_only = *read_only || suffixes[i].read_only;
            return strndup(text, length - size);
        }
    }
    return strdup(text);
}

int folders_add(struct folders *folders, const char *text, bool read_only,
                const struct folder_limits *limits, struct error *err)
{
    struct folder *items = realloc(folders->items, (folders->count + 1) * sizeof *items);
    if (!items)
        return error_set(err, "out of memory");
    folders->items = items;
    struct folder *folder = &items[folders->count];
    *folder = (struct folder){.read_only = read_only, .fd = -1};
    cleanup_free char *path = without_suffix(text, &folder->read_only);
    if (!path)
        return error_set(err, "out of memory");
    folders->count++; /* folders_free() takes half a folder as well */
    bool forcible;
    if (open_folder(folder, path, err) < 0)
        return -1;
    const char *refusal = folder_refusal(folder->path, limits, &forcible);
    const bool same = strcmp(path, folder->path) == 0;
    if (refusal)
        return error_set(
            err, "%s%s%s%s does not go into a box: %s%s", quoted(path), same ? "" : " (",
            same ? "" : quoted(folder->path), same ? "" : ")", refusal,
            forcible ? "; name a project's folder, or add --force if you mean it" : "");
    if (check_name(folder, err) < 0)
        return -1;
    return check_access(folder, err);
}

/* For who types `run . make test` and means `run . -- make test`. */
static void hint_command(const char *word, struct error *err)
{
    const size_t used = strlen(err->text);
    if (!strchr(word, '/') && access(word, F_OK) < 0 && errno == ENOENT)
        (void)snprintf(err->text + used, sizeof err->text - used,
                       "; if it is a command: -- in front of it");
}

int folders_add_all(struct folders *folders, char *const *operands, size_t count,
                    bool read_only, const struct folder_limits *limits, struct error *err)
{
    if (count == 0)
        return folders_add(folders, ".", read_only, limits, err);
    for (size_t i = 0; i < count; i++)
        if (folders_add(folders, operands[i], read_only, limits, err) < 0) {
            if (!read_only) /* else no command could follow */
                hint_command(operands[i], err);
            return -1;
        }
    return 0;
}

static int check_pair(const struct folder *a, const struct folder *b, const char *where,
                      struct error *err)
{
    if (a->device == b->device && a->inode == b->inode)
        return error_set(err, "%s was given twice; once is enough", quoted(a->path));
    if (strcmp(a->name, b->name) == 0)
        return error_set(err,
                         "%s and %s would both be %s/%s; rename one, or give the folder that "
                         "holds them both",
                         quoted(a->path), quoted(b->path), where, quoted(a->name));
    if (!a->read_only && !b->read_only && a->owner != b->owner)
        return error_set(
            err,
            "%s belongs to uid %u and %s to uid %u, but a box's agent has one uid; "
            "make one the owner of both (chown -R), or add :ro to one",
            quoted(a->path), (unsigned)a->owner, quoted(b->path), (unsigned)b->owner);
    return 0;
}

int folders_check(const struct folders *folders, const char *where, struct error *err)
{
    for (size_t i = 0; i < folders->count; i++)
        for (size_t j = 0; j < i; j++)
            if (check_pair(&folders->items[j], &folders->items[i], where, err) < 0)
                return -1;
    return 0;
}

uid_t folders_owner(const struct folders *folders)
{
    for (size_t i = 0; i < folders->count; i++)
        if (!folders->items[i].read_only)
            return folders->items[i].owner;
    return folders->count > 0 ? folders->items[0].owner : (uid_t)-1;
}
