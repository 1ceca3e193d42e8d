/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/session/home_files.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "shared/buf.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

#define BELOW (&(BOX_HOME_FILES)[1]) /* paths of an archive have no leading slash */

/* What PID 1 merges with its own (init/home/layout). */
static const char *const merged[] = {".claude/settings.json", ".claude.json"};

const char *home_files_place(const char *path, const char *home)
{
    size_t length = home ? strlen(home) : 0;
    while (length > 0 && home[length - 1] == '/')
        length--;
    const char *place = path;
    if (length > 0 && strncmp(path, home, length) == 0 && path[length] == '/')
        place = path + length;
    else if (strrchr(path, '/'))
        place = strrchr(path, '/');
    while (*place == '/')
        place++;
    bool climbs =
        strncmp(place, "..", 2) == 0 || strstr(place, "/../") || strcmp(place, ".") == 0;
    return *place && !climbs ? place : NULL;
}

static int check_json(const char *path, const char *place, struct error *err)
{
    bool is_merged = false;
    for (size_t i = 0; i < array_length(merged); i++)
        is_merged = is_merged || strcmp(place, merged[i]) == 0;
    if (!is_merged)
        return 0;
    json_error_t why;
    cleanup_buf struct buf text = BUF_INIT(HOME_FILE_MAX);
    cleanup_free char *real = realpath(path, NULL);
    if (!real || read_regular_file(AT_FDCWD, real, &text) < 0)
        return error_errno(err, "[home] file %s", quoted(path));
    json_t *settings =
        json_loadb(text.data ? text.data : "", text.length, JSON_REJECT_DUPLICATES, &why);
    bool fine = json_is_object(settings);
    json_decref(settings);
    if (fine)
        return 0;
    return error_set(err, "[home] file %s:%d: %s; expected a JSON object", quoted(path),
                     why.line > 0 ? why.line : 1,
                     settings ? "something else" : quoted(why.text));
}

static int add(struct archive_writer *writer, const char *file, struct error *err)
{
    struct stat st;
    char inside[sizeof BOX_HOME_FILES + PATH_MAX];
    const char *place = home_files_place(file, getenv("HOME"));
    if (!place)
        return error_set(err, "[home] file %s: it has no name of its own", quoted(file));
    if (stat(file, &st) < 0)
        return error_errno(err, "[home] file %s", quoted(file));
    if (S_ISREG(st.st_mode) && st.st_size > HOME_FILE_MAX)
        return error_set(err, "[home] file %s: larger than %d bytes", quoted(file),
                         HOME_FILE_MAX);
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return error_set(err, "[home] file %s: neither a file nor a folder", quoted(file));
    if (check_json(file, place, err) < 0)
        return -1;
    (void)snprintf(inside, sizeof inside, "%s/%s", BELOW, place);
    return archive_add_tree(writer, file, inside, 0, 0, NULL, NULL, err);
}

int home_files_add(struct archive_writer *writer, const struct strings *paths,
                   struct error *err)
{
    if (paths->count > 0 && archive_add_folder(writer, BELOW, 0700, 0, 0, err) < 0)
        return -1;
    for (size_t i = 0; i < paths->count; i++)
        if (add(writer, paths->items[i], err) < 0)
            return -1;
    return 0;
}
