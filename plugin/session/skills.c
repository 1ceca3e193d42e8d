/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/session/skills.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"
#include "shared/skill_source.h"

#define BELOW (&(BOX_SKILLS_LOCAL)[1]) /* paths of an archive have no leading slash */

static void close_tree(FTS **tree)
{
    if (*tree)
        fts_close(*tree);
}

/* Before a byte of it is on its way, what would end that way half through: files that we may
 * not read, and more than a skill may have. The rest is PID 1's to judge. */
static int look(char *folder, struct error *why)
{
    char *const paths[] = {folder, NULL};
    cleanup_with(close_tree) FTS *tree =
        fts_open(paths, FTS_COMFOLLOW | FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    long files = 0;
    off_t bytes = 0;
    if (!tree)
        return error_errno(why, "cannot read %s", quoted(folder));
    for (FTSENT *entry; (errno = 0, entry = fts_read(tree));) {
        const bool is_file = entry->fts_info == FTS_F;
        errno = entry->fts_errno;
        if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_NS ||
            entry->fts_info == FTS_ERR ||
            (is_file && faccessat(AT_FDCWD, entry->fts_path, R_OK, AT_EACCESS) < 0))
            return error_errno(why, "cannot read %s", quoted(entry->fts_path));
        files += is_file;
        bytes += is_file ? entry->fts_statp->st_size : 0;
        if (files > SKILL_FILES_MAX)
            return error_set(why, "it has more than %d files", SKILL_FILES_MAX);
        if (bytes > SKILL_BYTES_MAX)
            return error_set(why, "it is larger than %d MB", SKILL_BYTES_MAX >> 20);
    }
    return errno ? error_errno(why, "cannot read %s", quoted(folder)) : 0;
}

static int add(struct archive_writer *writer, const char *name, char *folder, struct error *err)
{
    struct stat st;
    struct error why = ERROR_INIT;
    const bool required = skill_source_cut_required(folder);
    char inside[sizeof BOX_SKILLS_LOCAL SKILL_REQUIRED_MARK + SKILL_NAME_MAX];
    if (!skill_is_name(name))
        return error_set(err,
                         "the skill '%s': a name has up to %d letters, digits, '_' and '-'",
                         quoted(name), SKILL_NAME_MAX);
    int fine = stat(folder, &st) < 0  ? error_errno(&why, "%s", quoted(folder))
               : !S_ISDIR(st.st_mode) ? error_set(&why, "%s: no folder", quoted(folder))
                                      : look(folder, &why);
    if (fine < 0 && required)
        return error_set(err, "the skill %s is required, and could not be had: %s", name,
                         why.text);
    if (fine < 0) {
        warn("the skill %s is left out: %s", name, why.text);
        return 0;
    }
    (void)snprintf(inside, sizeof inside, "%s/" SKILL_REQUIRED_MARK "%s", BELOW, name);
    if (required && archive_add_bytes(writer, inside, 0644, 0, 0, "", 0, err) < 0)
        return -1;
    (void)snprintf(inside, sizeof inside, "%s/%s", BELOW, name);
    return archive_add_tree(writer, folder, inside, 0, 0, NULL, NULL, err);
}

int skills_add(struct archive_writer *writer, const struct strings *skills, struct error *err)
{
    bool first = true;
    for (size_t i = 0; i < skills->count; i++) {
        const char *equals = strchr(skills->items[i], '=');
        cleanup_free char *name = NULL, *folder = NULL;
        if (!skills->items[i][0] || !equals)
            continue; /* another of its name came later */
        if (!(name = strndup(skills->items[i], (size_t)(equals - skills->items[i]))) ||
            !(folder = strdup(equals + 1)))
            return error_set(err, "out of memory");
        if (first && archive_add_folder(writer, BELOW, 0755, 0, 0, err) < 0)
            return -1;
        first = false;
        if (add(writer, name, folder, err) < 0)
            return -1;
    }
    return 0;
}
