/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/skills_command.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "shared/buf.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

enum { LIST_MAX = 1 << 20 };

static const char *text_of(const json_t *one, const char *key)
{
    const char *text = json_string_value(json_object_get(one, key));
    return text ? quoted(text) : "";
}

int skills_command(int argc, char **argv)
{
    size_t i;
    json_t *one;
    cleanup_buf struct buf text = BUF_INIT(LIST_MAX);
    if (read_regular_file(AT_FDCWD, BOX_SKILLS_LIST, &text) < 0)
        die(EXIT_CLAUDEX, "cannot read " BOX_SKILLS_LIST "; is this a box?");
    if (argc > 1 && strcmp(argv[1], "json") == 0) {
        (void)puts(text.data ? text.data : "[]");
        return 0;
    }
    json_t *list = json_loadb(text.data ? text.data : "", text.length, 0, NULL);
    json_array_foreach(list, i, one)
    {
        const char *problem = text_of(one, "problem"), *newer = text_of(one, "newer");
        printf("%-20s %-12.12s %s%s%s%s%.12s\n", text_of(one, "name"), text_of(one, "commit"),
               text_of(one, "source"), *problem ? "  left out: " : "", problem,
               *newer ? "  moved to " : "", newer);
    }
    json_decref(list);
    return 0;
}
