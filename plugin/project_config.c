/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/project_config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shared/buf.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

#define MACHINE_CONFIG "/etc/claudex/config"

static const char *const project_names[] = {".claudex", ".claudecker"};

bool project_config_is_name(const char *name)
{
    for (size_t i = 0; i < array_length(project_names); i++)
        if (strcmp(name, project_names[i]) == 0)
            return true;
    return false;
}

int project_config_find(int fd, const char **name, struct stat *st, struct error *err)
{
    for (size_t i = 0; i < array_length(project_names); i++) {
        *name = project_names[i];
        if (fstatat(fd, *name, st, AT_SYMLINK_NOFOLLOW) == 0) {
            if (S_ISREG(st->st_mode))
                return 1;
            return error_set(err, "%s is %s; a project's configuration is a plain file", *name,
                             S_ISLNK(st->st_mode) ? "a symbolic link" : "no file");
        }
        if (errno != ENOENT)
            return error_errno(err, "%s", *name);
    }
    return 0;
}

/* --- files ---------------------------------------------------------------------------- */

static int read_config(struct config *config, int folder, const char *name, const char *shown,
                       enum config_source source, struct error *err)
{
    cleanup_buf struct buf text = BUF_INIT(CONFIG_FILE_MAX);
    if (read_regular_file(folder, name, &text) < 0) {
        if (errno == E2BIG)
            return error_set(err, "%s: larger than %d bytes", quoted(shown), CONFIG_FILE_MAX);
        if (errno == EINVAL)
            return error_set(err, "%s: not a file", quoted(shown));
        return error_errno(err, "%s", quoted(shown));
    }
    /* Problems are kept in *config, so that all are told at once. */
    (void)config_parse(config, text.data ? text.data : "", text.length, shown, source);
    return 0;
}

/* A file of the machine's or the user's own, which may well be a link to another place. */
static int read_own(struct config *config, const char *path, bool must,
                    enum config_source source, struct error *err)
{
    cleanup_free char *real = realpath(path, NULL);
    if (real)
        return read_config(config, AT_FDCWD, real, path, source, err);
    if (!must && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    return error_errno(err, "%s", quoted(path));
}

static int read_user(struct config *config, struct error *err)
{
    const char *named = getenv(ENV_CONFIG), *base = getenv("XDG_CONFIG_HOME"),
               *home = getenv("HOME");
    if (named && *named)
        return read_own(config, named, true, CONFIG_USER, err);
    cleanup_free char *path = NULL;
    int n = 0;
    if (base && base[0] == '/')
        n = asprintf(&path, "%s/claudex/config", base);
    else if (home && *home)
        n = asprintf(&path, "%s/.config/claudex/config", home);
    if (n < 0) {
        path = NULL;
        return error_set(err, "out of memory");
    }
    return path ? read_own(config, path, false, CONFIG_USER, err) : 0;
}

static int read_project(struct config *config, const struct folder *folder, struct error *err)
{
    const char *name;
    struct stat st;
    int found = project_config_find(folder->fd, &name, &st, err);
    if (found <= 0)
        return found < 0 ? error_prefix(err, "%s", quoted(folder->path)) : 0;
    cleanup_free char *here = realpath(".", NULL), *shown = NULL;
    const bool is_here = here && strcmp(here, folder->path) == 0;
    if (asprintf(&shown, "%s%s%s", is_here ? "" : folder->path, is_here ? "" : "/", name) < 0) {
        shown = NULL;
        return error_set(err, "out of memory");
    }
    char self[64];
    (void)snprintf(self, sizeof self, "/proc/self/fd/%d", folder->fd);
    cleanup_fd int readable = open(self, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (readable < 0)
        return error_errno(err, "%s", quoted(folder->path));
    return read_config(config, readable, name, shown, CONFIG_PROJECT, err);
}

/* --- trust ---------------------------------------------------------------------------- */

static int check_trust(const struct config *config, struct error *err)
{
    cleanup_buf struct buf lines = BUF_INIT(ERROR_TEXT_MAX);
    size_t count = 0, shown = 0;
    for (size_t i = 0; i < config->count; i++) {
        const struct config_entry *entry = &config->entries[i];
        if (entry->source != CONFIG_PROJECT || config_entry_is_safe(entry))
            continue;
        count++;
        if (lines.length < ERROR_TEXT_MAX / 2 &&
            buf_printf(&lines, "\n  %s:%d: %s = %s", quoted(entry->file), entry->line,
                       quoted(entry->key), quoted(entry->value)) == 0)
            shown++;
    }
    if (count == 0)
        return 0;
    return error_set(err,
                     "a project's file is not trusted, and %s would widen the box:%s%s\nwrite "
                     "what you agree with into your own configuration or on the command line "
                     "(approving a project's lines is not built yet)",
                     count == 1 ? "this line" : "these lines", lines.data,
                     shown < count ? "\n  and more" : "");
}

/* --- options -------------------------------------------------------------------------- */

static const struct {
    const char *option, *section, *key, *value; /* value NULL: the option's */
} settings[] = {
    {"agent", "agent", "name", NULL},
    {"yolo", "agent", "yolo", "yes"},
    {"host-network", "network", "host", "yes"},
    {"network", "network", "mode", NULL},
    {"allow", "network", "allow", NULL},
    {"port", "run", "port", NULL},
    {"memory", "run", "memory", NULL},
    {"cpus", "run", "cpus", NULL},
    {"pids-limit", "run", "pids", NULL},
    {"runtime", "run", "runtime", NULL},
    {"image", "run", "image", NULL},
    {"include", "run", "include", NULL},
    {"instructions", "run", "instructions", NULL},
};

static void set_options(struct config *config, const struct arguments *arguments)
{
    for (size_t i = 0; i < arguments->given_count; i++) {
        const struct given *given = &arguments->given[i];
        for (size_t k = 0; k < array_length(settings); k++)
            if (strcmp(given->spec->name, settings[k].option) == 0 &&
                argument_value(arguments, settings[k].option))
                (void)config_set(config, settings[k].section, settings[k].key,
                                 settings[k].value ? settings[k].value : given->value);
    }
}

int config_read_all(struct config *config, const struct arguments *arguments,
                    const struct folders *projects, struct error *err)
{
    if (read_own(config, MACHINE_CONFIG, false, CONFIG_MACHINE, err) < 0 ||
        read_user(config, err) < 0)
        return -1;
    for (size_t i = 0; i < projects->count; i++)
        if (read_project(config, &projects->items[i], err) < 0)
            return -1;
    set_options(config, arguments);
    /* Where there are mistakes as well, those come first: they may be why a line looks odd. */
    return config->problem_count > 0 ? 0 : check_trust(config, err);
}

/* --- paths ---------------------------------------------------------------------------- */

static char *absolute(const char *path, const struct config_entry *entry)
{
    const char *home = getenv("HOME");
    char *whole = NULL;
    const char *slash = entry->source == CONFIG_COMMAND ? NULL : strrchr(entry->file, '/');
    int n;
    if (path[0] == '~' && (path[1] == '/' || path[1] == '\0') && home && slash)
        n = asprintf(&whole, "%s%s", home, path + 1);
    else if (path[0] != '/' && slash)
        n = asprintf(&whole, "%.*s/%s", (int)(slash - entry->file), entry->file, path);
    else
        return strdup(path);
    return n < 0 ? NULL : whole;
}

/* Lists keep the order of their entries within a source, and sources come in their own. */
static int make_absolute(const struct config *config, const char *section, const char *key,
                         struct strings *list, struct error *err)
{
    size_t at = 0;
    for (int source = CONFIG_MACHINE; source <= CONFIG_COMMAND; source++) {
        for (size_t i = 0; i < config->count; i++) {
            const struct config_entry *entry = &config->entries[i];
            if (entry->source != (enum config_source)source ||
                strcmp(entry->section, section) != 0 || strcmp(entry->key, key) != 0 ||
                at == list->count)
                continue;
            char *whole = absolute(list->items[at], entry);
            if (!whole)
                return error_set(err, "out of memory");
            free(list->items[at]);
            list->items[at++] = whole;
        }
    }
    return 0;
}

int config_absolute_paths(const struct config *config, struct session *session,
                          struct error *err)
{
    if (make_absolute(config, "run", "include", &session->run.includes, err) < 0 ||
        make_absolute(config, "home", "file", &session->home.files, err) < 0)
        return -1;
    return make_absolute(config, "run", "instructions", &session->run.instructions, err);
}
