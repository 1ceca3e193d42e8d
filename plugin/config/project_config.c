/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/config/project_config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/policy/host_argument.h"
#include "plugin/policy/idn.h"
#include "shared/buf.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"
#include "shared/skill_source.h"

#define MACHINE_CONFIG "/etc/claudex/config"

static const char *const project_names[] = {".claudex", ".claudecker"};

void project_files_free(struct project_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->items[i].shown);
    free(files->items);
    *files = (struct project_files){NULL, 0};
}

void config_paths_free(struct config_paths *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        free(paths->items[i]);
    free(paths->items);
    *paths = (struct config_paths){NULL, 0};
}

/* --- files ---------------------------------------------------------------------------- */

static int cannot_read(const char *shown, struct error *err)
{
    if (errno == E2BIG)
        return error_set(err, "%s: larger than %d KiB", quoted(shown), CONFIG_FILE_MAX / 1024);
    if (errno == EINVAL)
        return error_set(err, "%s: not a file", quoted(shown));
    return error_errno(err, "%s", quoted(shown));
}

/* Problems are kept in *config, so that all are told at once. */
static void parse(struct config *config, const struct buf *text, const char *shown,
                  enum config_source source)
{
    (void)config_parse(config, text->data ? text->data : "", text->length, shown, source);
}

/* A file of the machine's or the user's own, which may well be a link to another place. */
static int read_own(struct config *config, const char *path, bool must,
                    enum config_source source, struct error *err)
{
    cleanup_free char *real = realpath(path, NULL);
    cleanup_buf struct buf text = BUF_INIT(CONFIG_FILE_MAX);
    if (!real && !must && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (!real || read_regular_file(AT_FDCWD, real, &text) < 0)
        return cannot_read(path, err);
    parse(config, &text, path, source);
    return 0;
}

char *config_user_path(struct error *err)
{
    const char *named = getenv(ENV_CONFIG), *base = getenv("XDG_CONFIG_HOME"),
               *home = getenv("HOME");
    char *path = NULL;
    int n = -1;
    if (named && *named)
        n = asprintf(&path, "%s", named);
    else if (base && base[0] == '/')
        n = asprintf(&path, "%s/claudex/config", base);
    else if (home && *home)
        n = asprintf(&path, "%s/.config/claudex/config", home);
    if (n >= 0)
        return path;
    (void)error_set(err, home && *home ? "out of memory"
                                       : "no home folder for you: set HOME or XDG_CONFIG_HOME");
    return NULL;
}

static int read_user(struct config *config, struct error *err)
{
    const char *named = getenv(ENV_CONFIG);
    struct error nowhere = ERROR_INIT;
    cleanup_free char *path = config_user_path(&nowhere);
    (void)nowhere; /* who has no home has no file in it */
    return path ? read_own(config, path, named && *named, CONFIG_USER, err) : 0;
}

/* The descriptor of the file, which is noted in *file; -1 with *err, or without where there is
 * none. Opened once and then looked at, so that nobody can put another in its place between. */
static int open_project_file(const struct folder *folder, struct project_file *file,
                             struct error *err)
{
    struct stat st;
    cleanup_fd int fd = -1;
    for (size_t i = 0; i < array_length(project_names) && fd < 0; i++) {
        file->name = project_names[i];
        fd = openat(folder->fd, file->name,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 && errno == ELOOP)
            return error_set(err,
                             "%s/%s is a symbolic link; a project's configuration is a plain "
                             "file",
                             quoted(folder->path), file->name);
        if (fd < 0 && errno != ENOENT)
            return error_errno(err, "%s/%s", quoted(folder->path), file->name);
    }
    if (fd < 0) {
        file->name = NULL;
        return -1;
    }
    if (fstat(fd, &st) < 0)
        return error_errno(err, "%s/%s", quoted(folder->path), file->name);
    if (!S_ISREG(st.st_mode))
        return error_set(err, "%s/%s is no file; a project's configuration is a plain file",
                         quoted(folder->path), file->name);
    file->device = st.st_dev;
    file->inode = st.st_ino;
    return take_fd(&fd);
}

/* In the current folder its name says enough. */
static int name_project_file(const struct folder *folder, struct project_file *file)
{
    cleanup_free char *here = realpath(".", NULL);
    const bool is_here = here && strcmp(here, folder->path) == 0;
    const bool is_root = strcmp(folder->path, "/") == 0;
    if (asprintf(&file->shown, "%s%s%s", is_here || is_root ? "" : folder->path,
                 is_here ? "" : "/", file->name) >= 0)
        return 0;
    file->shown = NULL;
    return -1;
}

static int read_project(struct config *config, const struct folder *folder,
                        struct project_file *file, struct error *err)
{
    cleanup_buf struct buf text = BUF_INIT(CONFIG_FILE_MAX);
    cleanup_fd int fd = open_project_file(folder, file, err);
    if (fd < 0)
        return file->name ? -1 : 0;
    if (name_project_file(folder, file) < 0)
        return error_set(err, "out of memory");
    if (read_all(fd, &text) < 0)
        return cannot_read(file->shown, err);
    /* An agent may have put the newer one there, and an older that tightens counts no more. */
    for (size_t i = 0; i < array_length(project_names); i++)
        if (file->name != project_names[i] &&
            faccessat(folder->fd, project_names[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            info("%s/%s is not read, for there is a %s", quoted(folder->path), project_names[i],
                 file->name);
    parse(config, &text, file->shown, CONFIG_PROJECT);
    return 0;
}

/* --- options -------------------------------------------------------------------------- */

static const struct {
    const char *option, *section, *key, *value; /* value NULL: the option's */
} settings[] = {
    {"agent", "agent", "name", NULL},
    {"yolo", "agent", "yolo", "yes"},
    {"no-git", "git", "track", "no"},
    {"ssh", "ssh", "agent", "yes"},
    {"no-ssh", "ssh", "agent", "no"},
    {"host-network", "network", "host", "yes"},
    {"x11", "run", "x11", "yes"},
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

/* What people type may be in letters outside ASCII; what does not convert is told like any
 * other value that is none. */
static const char *option_value(const char *option, const char *value,
                                char ascii[HOST_ARGUMENT_MAX])
{
    struct error ignored = ERROR_INIT;
    if (strcmp(option, "allow") != 0 || !idn_is_needed(value) ||
        host_argument(value, option, ascii, &ignored) < 0)
        return value;
    info("%s is %s", quoted(value), ascii);
    return ascii;
}

static void set_options(struct config *config, const struct arguments *arguments)
{
    for (size_t i = 0; i < arguments->given_count; i++) {
        const struct given *given = &arguments->given[i];
        char ascii[HOST_ARGUMENT_MAX];
        for (size_t k = 0; k < array_length(settings); k++)
            if (strcmp(given->spec->name, settings[k].option) == 0 &&
                argument_value(arguments, settings[k].option))
                (void)config_set_option(
                    config, settings[k].option, settings[k].section, settings[k].key,
                    settings[k].value ? settings[k].value
                                      : option_value(settings[k].option, given->value, ascii));
    }
}

int config_read_all(struct config *config, const struct arguments *arguments,
                    const struct folders *projects, struct project_files *files,
                    struct error *err)
{
    if (read_own(config, MACHINE_CONFIG, false, CONFIG_MACHINE, err) < 0 ||
        read_user(config, err) < 0)
        return -1;
    files->items = calloc(projects->count + 1, sizeof *files->items);
    if (!files->items)
        return error_set(err, "out of memory");
    for (; files->count < projects->count; files->count++)
        if (read_project(config, &projects->items[files->count], &files->items[files->count],
                         err) < 0)
            return -1;
    if (arguments)
        set_options(config, arguments);
    return 0;
}

/* --- paths ---------------------------------------------------------------------------- */

static char *absolute(const char *path, const struct config_entry *entry)
{
    const char *home = getenv("HOME");
    char *whole = NULL;
    const char *slash = entry->source == CONFIG_COMMAND ? NULL : strrchr(entry->file, '/');
    int n;
    if (path[0] == '~' && (path[1] == '/' || path[1] == '\0') && home &&
        entry->source != CONFIG_COMMAND)
        n = asprintf(&whole, "%s%s", home, path + 1);
    else if (path[0] != '/' && slash)
        n = asprintf(&whole, "%.*s/%s", (int)(slash - entry->file), entry->file, path);
    else
        return strdup(path);
    return n < 0 ? NULL : whole;
}

static bool is_key(const struct config_entry *entry, const char *section, const char *key)
{
    return strcmp(entry->section, section) == 0 && (!key || strcmp(entry->key, key) == 0);
}

/* NULL for an entry that names no path. */
static char *path_of(const struct config_entry *entry)
{
    const bool skill = is_key(entry, "skills", NULL);
    if (!skill && !is_key(entry, "run", "include") && !is_key(entry, "run", "instructions") &&
        !is_key(entry, "home", "file"))
        return NULL;
    char *word = config_entry_word(entry);
    if (word && skill)
        (void)skill_source_cut_required(word);
    if (!word || !skill || strchr("./~", word[0]))
        return word;
    free(word);
    return NULL;
}

/* A skill that is not there is no reason for the rest to stay, unless it is required. */
static int not_there(const struct config_entry *entry, const char *path, struct error *err)
{
    const char *why = strerror(errno);
    cleanup_free char *skill = is_key(entry, "skills", NULL) ? config_entry_word(entry) : NULL;
    if (!skill || skill_source_cut_required(skill))
        return error_set(err, "%s:%d: [%s] %s %s: %s", quoted(entry->file), entry->line,
                         entry->section, quoted(entry->key), quoted(path), why);
    warn("the skill %s is left out: %s: %s", quoted(entry->key), quoted(path), why);
    return 0;
}

int config_paths_find(const struct config *config, struct config_paths *paths,
                      struct error *err)
{
    paths->items = calloc(config->count + 1, sizeof *paths->items);
    if (!paths->items)
        return error_set(err, "out of memory");
    paths->count = config->count;
    for (size_t i = 0; i < config->count; i++) {
        const struct config_entry *entry = &config->entries[i];
        cleanup_free char *path = path_of(entry);
        cleanup_free char *whole = path ? absolute(path, entry) : NULL;
        if (!path)
            continue;
        if (whole && entry->source == CONFIG_PROJECT) {
            paths->items[i] = realpath(whole, NULL);
            if (!paths->items[i] && not_there(entry, path, err) < 0)
                return -1;
        } else if (!(paths->items[i] = take_ptr(whole))) {
            return error_set(err, "out of memory");
        }
    }
    return 0;
}

/* Lists keep the order of their entries within a source, and sources come in their own. */
static int apply(const struct config *config, const struct config_paths *paths,
                 const char *section, const char *key, struct strings *list,
                 struct strings *settled)
{
    size_t at = 0;
    for (int source = CONFIG_MACHINE; source <= CONFIG_COMMAND; source++) {
        for (size_t i = 0; i < config->count && at < list->count; i++) {
            const struct config_entry *entry = &config->entries[i];
            if (entry->source != (enum config_source)source || !is_key(entry, section, key))
                continue;
            char *path = strdup(paths->items[i]);
            if (!path || (entry->source == CONFIG_PROJECT && strings_add(settled, path) < 0)) {
                free(path);
                return -1;
            }
            free(list->items[at]);
            list->items[at++] = path;
        }
    }
    return 0;
}

/* Of one name the last counts, whatever kind it is. */
static int apply_skills(const struct config *config, const struct config_paths *paths,
                        struct strings *list, struct strings *settled)
{
    for (int source = CONFIG_MACHINE; source <= CONFIG_COMMAND; source++) {
        for (size_t i = 0; i < config->count; i++) {
            const struct config_entry *entry = &config->entries[i];
            cleanup_free char *text = NULL;
            if (entry->source != (enum config_source)source || !is_key(entry, "skills", NULL))
                continue;
            size_t length = strlen(entry->key);
            for (size_t k = 0; k < list->count; k++)
                if (strncmp(list->items[k], entry->key, length) == 0 &&
                    list->items[k][length] == '=')
                    list->items[k][0] = '\0';
            if (!paths->items[i])
                continue;
            cleanup_free char *word = config_entry_word(entry);
            const bool required = word && skill_source_cut_required(word);
            if (asprintf(&text, "%s=%s%s", entry->key, paths->items[i],
                         required ? " required" : "") < 0) {
                text = NULL;
                return -1;
            }
            if (strings_add(list, text) < 0 ||
                (entry->source == CONFIG_PROJECT && strings_add(settled, paths->items[i]) < 0))
                return -1;
        }
    }
    return 0;
}

int config_paths_apply(const struct config *config, const struct config_paths *paths,
                       struct session *session, struct strings *settled, struct error *err)
{
    if (apply(config, paths, "run", "include", &session->run.includes, settled) < 0 ||
        apply(config, paths, "run", "instructions", &session->run.instructions, settled) < 0 ||
        apply(config, paths, "home", "file", &session->home.files, settled) < 0 ||
        apply_skills(config, paths, &session->skills.local, settled) < 0)
        return error_set(err, "out of memory");
    return 0;
}
