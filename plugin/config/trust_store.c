/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was agreed to, one file a project: {"folder", "hash", "when", "lines"}. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/config/trust.h"
#include "plugin/state.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"

enum { FILE_BYTES_MAX = 4 << 20 };

/* Paths have slashes and are too long for names; their hashes are neither. */
static int name_of(const char *folder, char out[TRUST_HASH_SIZE])
{
    return SHA256Data((const uint8_t *)folder, strlen(folder), out) ? 0 : -1;
}

static bool is_name(const char *name)
{
    return strlen(name) == TRUST_HASH_SIZE - 1 &&
           strspn(name, "0123456789abcdef") == TRUST_HASH_SIZE - 1;
}

enum { NO_STORE = -2 };

/* A descriptor of the store; -1 with *err, NO_STORE where it is not there. */
static int open_store(bool make, char **path, struct error *err)
{
    struct stat st;
    *path = state_trust(err);
    if (!*path)
        return -1;
    if (make && make_folders(*path, 0700) < 0)
        return error_errno(err, "cannot make the folder %s", quoted(*path));
    cleanup_fd int fd = open(*path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return NO_STORE;
    if (fd < 0 || fstat(fd, &st) < 0)
        return error_errno(err, "cannot open the folder %s", quoted(*path));
    /* Whoever can write there says yes in the user's name. */
    if (st.st_uid != geteuid() || (st.st_mode & 022))
        return error_set(err,
                         "%s is not yours alone to write; what you agreed to cannot be kept "
                         "there: chown it to you and chmod go-w it",
                         quoted(*path));
    return take_fd(&fd);
}

/* Every line is text, and they hash to what the file says. */
static int read_lines(const json_t *json, struct strings *lines)
{
    size_t i;
    json_t *line;
    const char *hash = json_string_value(json_object_get(json, "hash"));
    struct trust_request again = {.folder = NULL};
    json_array_foreach(json_object_get(json, "lines"), i, line)
    {
        if (!json_is_string(line) || strings_add(lines, json_string_value(line)) < 0)
            return -1;
    }
    again.lines = *lines;
    return hash && trust_hash(&again) == 0 && strcmp(again.hash, hash) == 0 ? 0 : -1;
}

/* 1, or 0 for one that is not there or damaged: then the user is asked, and it is replaced. */
static int read_one(int store, const char *name, struct approval *approval)
{
    cleanup_buf struct buf text = BUF_INIT(FILE_BYTES_MAX);
    char wanted[TRUST_HASH_SIZE];
    if (read_regular_file(store, name, &text) < 0 || text.length == 0)
        return 0;
    json_t *json = json_loadb(text.data, text.length, 0, NULL);
    const char *folder = json_string_value(json_object_get(json, "folder"));
    if (folder && name_of(folder, wanted) == 0 && strcmp(name, wanted) == 0 &&
        read_lines(json, &approval->lines) == 0)
        approval->folder = strdup(folder);
    approval->when = (time_t)json_integer_value(json_object_get(json, "when"));
    json_decref(json);
    if (!approval->folder)
        approval_free(approval);
    return approval->folder ? 1 : 0;
}

int trust_find(const char *folder, struct approval *approval, struct error *err)
{
    cleanup_free char *path = NULL;
    char name[TRUST_HASH_SIZE];
    cleanup_fd int store = open_store(false, &path, err);
    if (store < 0)
        return store == NO_STORE ? 0 : -1;
    return name_of(folder, name) < 0 ? error_set(err, "out of memory")
                                     : read_one(store, name, approval);
}

static int by_folder(const void *a, const void *b)
{
    return strcmp(((const struct approval *)a)->folder, ((const struct approval *)b)->folder);
}

int trust_list(struct approvals *approvals, struct error *err)
{
    cleanup_free char *path = NULL;
    cleanup_fd int store = open_store(false, &path, err);
    if (store < 0)
        return store == NO_STORE ? 0 : -1;
    cleanup_dir DIR *dir = opendir(path);
    if (!dir)
        return error_errno(err, "cannot read the folder %s", quoted(path));
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (!is_name(entry->d_name))
            continue;
        struct approval *items =
            reallocarray(approvals->items, approvals->count + 1, sizeof *items);
        if (!items)
            return error_set(err, "out of memory");
        approvals->items = items;
        items[approvals->count] = (struct approval){.folder = NULL};
        approvals->count += (size_t)read_one(store, entry->d_name, &items[approvals->count]);
    }
    if (approvals->count > 1)
        qsort(approvals->items, approvals->count, sizeof *approvals->items, by_folder);
    return 0;
}

static json_t *as_json(const struct trust_request *request)
{
    json_t *lines = json_array();
    for (size_t i = 0; i < request->lines.count; i++)
        if (json_array_append_new(lines, json_string(request->lines.items[i])) < 0) {
            json_decref(lines);
            return NULL;
        }
    return json_pack("{s:s, s:s, s:I, s:o}", "folder", request->folder, "hash", request->hash,
                     "when", (json_int_t)time(NULL), "lines", lines);
}

int trust_remember(const struct trust_request *request, struct error *err)
{
    cleanup_free char *path = NULL;
    char name[TRUST_HASH_SIZE];
    cleanup_fd int store = open_store(true, &path, err);
    if (store < 0)
        return store == NO_STORE ? error_set(err, "%s vanished", quoted(path)) : -1;
    json_t *json = as_json(request);
    cleanup_free char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
    json_decref(json);
    if (!text || name_of(request->folder, name) < 0)
        return error_set(err, "out of memory");
    if (write_file_atomic(store, name, text, strlen(text), 0600) < 0)
        return error_errno(err, "cannot write into %s", quoted(path));
    return 0;
}

int trust_forget(const char *folder, struct error *err)
{
    cleanup_free char *path = NULL;
    char name[TRUST_HASH_SIZE];
    cleanup_fd int store = open_store(false, &path, err);
    if (store < 0)
        return store == NO_STORE ? 0 : -1;
    if (name_of(folder, name) < 0)
        return error_set(err, "out of memory");
    if (unlinkat(store, name, 0) == 0)
        return 1;
    return errno == ENOENT ? 0 : error_errno(err, "cannot write into %s", quoted(path));
}
