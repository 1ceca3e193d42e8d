/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/policy/groups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/image/image.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/parse.h"

static const char api_group[] = "ai";

/* To who has a list for a filter that lets everything else pass. */
static const char instead[] = "what is not allowed is refused anyway, so a deny is needed only "
                              "below an allowed *.name, and *.example.com stands for all below "
                              "a name";

enum { PROBLEMS_MAX = ERROR_TEXT_MAX - 256 };

/* Cuts the comment and the blanks off; the pattern within, "" for none. */
static char *trimmed(char *line)
{
    line[strcspn(line, "#")] = '\0';
    line += strspn(line, " \t\r");
    size_t length = strlen(line);
    while (length > 0 && strchr(" \t\r", line[length - 1]))
        line[--length] = '\0';
    return line;
}

int groups_parse(const char *text, const char *file, struct strings *patterns,
                 struct error *err)
{
    cleanup_buf struct buf problems = BUF_INIT(PROBLEMS_MAX);
    cleanup_free char *copy = strdup(text);
    char *rest = copy;
    if (!copy)
        return error_errno(err, "cannot read %s", quoted(file));
    for (int line = 1; rest; line++) {
        struct host_pattern pattern;
        const char *why = "not a host";
        const char *word = trimmed(strsep(&rest, "\n"));
        if (!*word)
            continue;
        if (parse_host_pattern(word, &pattern, &why) < 0)
            (void)buf_printf(&problems, "%s%s:%d: '%s' is %s", problems.length ? "\n" : "",
                             quoted(file), line, quoted(word), why);
        else if (strings_add(patterns, word) < 0)
            return error_errno(err, "cannot read %s", quoted(file));
    }
    return problems.length ? error_set(err, "%s", problems.data) : 0;
}

/* --- where they lie ----------------------------------------------------------------------- */

enum { PLACES = 3 };

/* The folders in the order in which they are looked through, each owned; NULL where one cannot
 * be said. */
static int places(char *folders[PLACES], struct error *err)
{
    const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");
    cleanup_free char *data = image_data_folder(err);
    if (!data)
        return -1;
    int made = config && *config ? asprintf(&folders[0], "%s/claudex/groups", config)
               : home            ? asprintf(&folders[0], "%s/.config/claudex/groups", home)
                                 : (folders[0] = NULL, 0);
    if (made < 0 || !(folders[1] = strdup("/etc/claudex/groups")) ||
        asprintf(&folders[2], "%s/groups", data) < 0)
        return error_set(err, "cannot look for groups: out of memory");
    return 0;
}

/* The names of all groups there are, for the message. */
static void list_known(char *const folders[PLACES], struct buf *out)
{
    for (size_t i = 0; i < PLACES; i++) {
        cleanup_dir DIR *dir = folders[i] ? opendir(folders[i]) : NULL;
        const struct dirent *entry;
        while (dir && (entry = readdir(dir)))
            if (entry->d_name[0] != '.')
                (void)buf_printf(out, " %s", quoted(entry->d_name));
    }
}

static int read_group(const char *name, char *const folders[PLACES], struct strings *patterns,
                      struct error *err)
{
    cleanup_buf struct buf known = BUF_INIT(512);
    for (size_t i = 0; i < PLACES; i++) {
        cleanup_free char *path = NULL;
        cleanup_buf struct buf text = BUF_INIT(GROUP_FILE_MAX);
        if (!folders[i])
            continue;
        if (asprintf(&path, "%s/%s", folders[i], name) < 0)
            return error_set(err, "cannot read group %s: out of memory", quoted(name));
        if (read_regular_file(AT_FDCWD, path, &text) == 0)
            return groups_parse(text.data ? text.data : "", path, patterns, err);
        if (errno == E2BIG)
            return error_set(err, "%s is larger than %d KiB; a box takes %d hosts at most; %s",
                             quoted(path), GROUP_FILE_MAX / 1024, GROUP_RULES_MAX, instead);
        if (errno != ENOENT)
            return error_errno(err, "cannot read %s", quoted(path));
    }
    list_known(folders, &known);
    return error_set(err, "there is no group '%s'; there are:%s", quoted(name),
                     known.data ? known.data : " none");
}

/* --- expanding ---------------------------------------------------------------------------- */

static int expand(struct session *session, char *const folders[PLACES], struct error *err)
{
    struct strings *groups = &session->network.groups;
    char defaults[] = SESSION_GROUPS_DEFAULT, *rest = groups->count == 0 ? defaults : NULL;
    for (const char *word; (word = strsep(&rest, " "));)
        if (strings_add(groups, word) < 0)
            return error_errno(err, "cannot keep the groups");
    for (size_t i = 0; i < groups->count; i++)
        if (read_group(groups->items[i], folders, &session->network.allow, err) < 0)
            return -1;
    return read_group(api_group, folders, &session->network.api, err);
}

static int check_size(const struct session *session, struct error *err)
{
    const struct strings *const lists[] = {&session->network.allow, &session->network.deny,
                                           &session->network.api};
    size_t rules = 0, bytes = 0;
    for (size_t i = 0; i < array_length(lists); i++) {
        rules += lists[i]->count;
        for (size_t k = 0; k < lists[i]->count; k++)
            bytes += strlen(lists[i]->items[k]) + sizeof "allow = ";
    }
    if (rules > GROUP_RULES_MAX || bytes > GROUP_RULES_BYTES_MAX)
        return error_set(err,
                         "%zu hosts (%zu KiB) are allowed or denied, and a box takes %d (%d "
                         "KiB) at most; %s",
                         rules, bytes / 1024, GROUP_RULES_MAX, GROUP_RULES_BYTES_MAX / 1024,
                         instead);
    return 0;
}

int groups_expand(struct session *session, struct error *err)
{
    char *folders[PLACES] = {NULL};
    int failed = places(folders, err) < 0 || expand(session, folders, err) < 0 ||
                 check_size(session, err) < 0;
    for (size_t i = 0; i < PLACES; i++)
        free(folders[i]);
    return failed ? -1 : 0;
}
