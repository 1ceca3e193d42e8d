/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/inside/view.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

enum { FILE_MAX = 512 * 1024, REFUSED_SHOWN = 10 };

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

static const char *meaning(const char *mode)
{
    static const char *const meanings[][2] = {
        {"open", "everything may be reached"},
        {"allowlist", "the hosts of the configuration may be reached, and no others"},
        {"api", "the agents' own services may be reached, and nothing else"},
        {"lockdown", "nothing new may be reached until the person outside ends it"},
        {"sealed", "nothing new may be reached any more"},
    };
    for (size_t i = 0; i < array_length(meanings); i++)
        if (strcmp(mode, meanings[i][0]) == 0)
            return meanings[i][1];
    return "";
}

/* The last lines of BOX_DENIED. */
static void print_refused(void)
{
    cleanup_buf struct buf text = BUF_INIT(FILE_MAX);
    if (read_regular_file(AT_FDCWD, BOX_DENIED, &text) < 0 || text.length == 0)
        return;
    size_t lines = 0, at = text.length;
    while (at > 0 && (text.data[at - 1] != '\n' || lines++ < REFUSED_SHOWN))
        at--;
    printf("refused of late (all of it: " BOX_DENIED "):\n");
    (void)fwrite(text.data + at, 1, text.length - at, stdout);
    puts("to see why: claudex why HOST; to ask for it: claudex ask HOST REASON");
}

int view_status(bool json)
{
    cleanup_buf struct buf text = BUF_INIT(FILE_MAX);
    if (read_regular_file(AT_FDCWD, BOX_STATUS, &text) < 0) {
        warn("cannot read " BOX_STATUS ": %m");
        return EXIT_CLAUDEX;
    }
    if (json) {
        puts(text.data);
        return 0;
    }
    json_t *status = json_loadb(text.data, text.length, 0, NULL);
    const char *mode = text_of(status, "mode");
    printf("box      %s\nnetwork  %s (%s)\n         %s\n", text_of(status, "box"), mode,
           text_of(status, "why"), meaning(mode));
    json_decref(status);
    print_refused();
    return 0;
}
