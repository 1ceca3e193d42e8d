/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/skills.h"

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

static int add(struct archive_writer *writer, const char *name, const char *folder,
               struct error *err)
{
    struct stat st;
    char inside[sizeof BOX_SKILLS_LOCAL + SKILL_NAME_MAX];
    if (!skill_is_name(name))
        return error_set(err,
                         "the skill '%s': a name has up to %d letters, digits, '_' and '-'",
                         quoted(name), SKILL_NAME_MAX);
    if (stat(folder, &st) < 0 || !S_ISDIR(st.st_mode)) {
        warn("the skill %s is left out: %s: %s", name, quoted(folder),
             errno ? strerror(errno) : "no folder");
        return 0;
    }
    (void)snprintf(inside, sizeof inside, "%s/%s", BELOW, name);
    return archive_add_tree(writer, folder, inside, 0, 0, NULL, NULL, err);
}

int skills_add(struct archive_writer *writer, const struct strings *skills, struct error *err)
{
    bool first = true;
    for (size_t i = 0; i < skills->count; i++) {
        const char *equals = strchr(skills->items[i], '=');
        cleanup_free char *name = NULL;
        if (!skills->items[i][0] || !equals)
            continue; /* another of its name came later */
        if (!(name = strndup(skills->items[i], (size_t)(equals - skills->items[i]))))
            return error_set(err, "out of memory");
        if (first && archive_add_folder(writer, BELOW, 0755, 0, 0, err) < 0)
            return -1;
        first = false;
        errno = 0;
        if (add(writer, name, equals + 1, err) < 0)
            return -1;
    }
    return 0;
}
