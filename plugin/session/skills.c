/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/session/skills.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"
#include "shared/skill_source.h"

#define BELOW (&(BOX_SKILLS_LOCAL)[1]) /* paths of an archive have no leading slash */

static int add(struct archive_writer *writer, const char *name, char *folder, struct error *err)
{
    struct stat st;
    const bool required = skill_source_cut_required(folder);
    char inside[sizeof BOX_SKILLS_LOCAL SKILL_REQUIRED_MARK + SKILL_NAME_MAX];
    if (!skill_is_name(name))
        return error_set(err,
                         "the skill '%s': a name has up to %d letters, digits, '_' and '-'",
                         quoted(name), SKILL_NAME_MAX);
    if (stat(folder, &st) < 0 || !S_ISDIR(st.st_mode)) {
        const char *why = errno ? strerror(errno) : "no folder";
        if (required)
            return error_set(err, "the skill %s is required, and could not be had: %s: %s",
                             name, quoted(folder), why);
        warn("the skill %s is left out: %s: %s", name, quoted(folder), why);
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
        errno = 0;
        if (add(writer, name, folder, err) < 0)
            return -1;
    }
    return 0;
}
