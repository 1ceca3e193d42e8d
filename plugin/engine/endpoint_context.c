/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/engine/endpoint_context.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"

enum { JSON_FILE_MAX = 1 << 20, PATH_TEXT_MAX = 4096, NAMES_TEXT_MAX = 1024 };

static void cleanup_json_(json_t **json)
{
    json_decref(*json);
}
#define cleanup_json cleanup_with(cleanup_json_)

/* A user may keep these as links into a folder of dotfiles, so links are followed. NULL with
 * errno, or with *err filled for what is there and no JSON. */
static json_t *read_json(const char *path, struct error *err)
{
    cleanup_buf struct buf text = BUF_INIT(JSON_FILE_MAX);
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || read_all(fd, &text) < 0) {
        int number = errno;
        error_errno(err, "cannot read %s", quoted(path));
        errno = number;
        return NULL;
    }
    json_error_t where;
    json_t *json = json_loadb(text.data ? text.data : "", text.length, 0, &where);
    errno = EINVAL;
    if (!json)
        error_set(err, "%s:%d: %s", quoted(path), where.line, quoted(where.text));
    return json;
}

int context_current(const char *folder, char **name, struct error *err)
{
    cleanup_buf struct buf path = BUF_INIT(PATH_TEXT_MAX);
    *name = NULL;
    if (buf_printf(&path, "%s/config.json", folder) < 0)
        return error_set(err, "the path of docker's configuration is too long");
    cleanup_json json_t *config = read_json(path.data, err);
    if (!config)
        return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
    const char *current = json_string_value(json_object_get(config, "currentContext"));
    if (current && *current && !(*name = strdup(current)))
        return error_set(err, "out of memory");
    return 0;
}

/* --- the store ------------------------------------------------------------------------ */

/* What context_load() looks for, and what it saw on the way. */
struct search {
    const char *wanted;
    json_t *found;   /* the meta.json whose Name is wanted */
    char id[256];    /* its folder's name */
    struct buf seen; /* ", NAME" … of the others */
};

static int look_at(struct search *search, const char *store, const char *id, struct error *err)
{
    cleanup_buf struct buf path = BUF_INIT(PATH_TEXT_MAX);
    if (buf_printf(&path, "%s/%s/meta.json", store, id) < 0 || strlen(id) >= sizeof search->id)
        return 0;
    cleanup_json json_t *meta = read_json(path.data, err);
    if (!meta)
        return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
    const char *name = json_string_value(json_object_get(meta, "Name"));
    if (!name)
        return 0;
    if (strcmp(name, search->wanted) != 0) {
        /* Only for a message: what does not fit stays out. */
        (void)buf_printf(&search->seen, ", %s", quoted(name));
        return 0;
    }
    memcpy(search->id, id, strlen(id) + 1);
    json_decref(search->found);
    search->found = json_incref(meta);
    return 0;
}

static int look_through(struct search *search, const char *store, struct error *err)
{
    cleanup_dir DIR *folder = opendir(store);
    if (!folder)
        return errno == ENOENT || errno == ENOTDIR
                   ? 0
                   : error_errno(err, "cannot read %s", quoted(store));
    for (struct dirent *entry; !search->found && (entry = readdir(folder));)
        if (entry->d_name[0] != '.' && look_at(search, store, entry->d_name, err) < 0)
            return -1;
    return 0;
}

static char *existing(const char *folder, const char *id, const char *name)
{
    cleanup_buf struct buf path = BUF_INIT(PATH_TEXT_MAX);
    if (buf_printf(&path, "%s/contexts/tls/%s/docker/%s", folder, id, name) < 0 ||
        access(path.data, F_OK) < 0)
        return NULL;
    return buf_take(&path);
}

static int use_context(struct endpoint *endpoint, const struct search *search,
                       const char *folder, struct error *err)
{
    const json_t *docker =
        json_object_get(json_object_get(search->found, "Endpoints"), "docker");
    const char *host = json_string_value(json_object_get(docker, "Host"));
    bool unchecked = json_is_true(json_object_get(docker, "SkipTLSVerify"));
    if (!host || !*host)
        return error_set(err, "the context %s names no Docker engine", quoted(search->wanted));
    char *ca = existing(folder, search->id, "ca.pem");
    char *cert = existing(folder, search->id, "cert.pem");
    char *key = existing(folder, search->id, "key.pem");
    endpoint->ca = ca;
    endpoint->cert = cert;
    endpoint->key = key;
    endpoint->verify = !unchecked;
    if (endpoint_parse(endpoint, host, ca || cert || key || unchecked, err) < 0)
        return error_prefix(err, "context %s", quoted(search->wanted));
    return 0;
}

int context_load(struct endpoint *endpoint, const char *folder, struct error *err)
{
    struct search search = {.wanted = endpoint->context, .seen = BUF_INIT(NAMES_TEXT_MAX)};
    cleanup_buf struct buf store = BUF_INIT(PATH_TEXT_MAX);
    int result = -1;
    if (buf_printf(&store, "%s/contexts/meta", folder) < 0)
        error_set(err, "the path of docker's contexts is too long");
    else if (look_through(&search, store.data, err) < 0)
        result = -1;
    else if (search.found)
        result = use_context(endpoint, &search, folder, err);
    else
        error_set(err, "unknown context '%s'; there is: default%s", quoted(search.wanted),
                  search.seen.data ? search.seen.data : "");
    json_decref(search.found);
    buf_free(&search.seen);
    return result;
}
