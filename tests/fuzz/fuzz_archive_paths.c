/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/archive/place.c */
/*
 * Names in a hostile archive. Two texts with a NUL between: a path, and where a link at it
 * leads. What is accepted is walked as the kernel would, and must end inside.
 */
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/archive/place.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int promise)
{
    if (!promise)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char storage[PLACE_PATH_MAX];
    const char *parts[PLACE_DEPTH_MAX];
    char *path = malloc(size + 2);
    must(path != NULL);
    if (size > 0)
        memcpy(path, data, size);
    path[size] = path[size + 1] = '\0';
    const char *link = path + strlen(path) + 1;
    int count = place_split(path, storage, parts);
    must(count >= -1 && count <= PLACE_DEPTH_MAX);
    for (int i = 0; i < count; i++) {
        must(parts[i][0] != '\0' && !strchr(parts[i], '/') && strlen(parts[i]) <= NAME_MAX);
        must(strcmp(parts[i], ".") != 0 && strcmp(parts[i], "..") != 0);
    }
    if (count > 0 && place_link_is_inside(link, count - 1)) {
        /* No link is followed here: with ".." at the start only, names decide. */
        int depth = count - 1, down = 0;
        must(link[0] != '/');
        for (const char *at = link; *at; at += strspn(at, "/")) {
            size_t length = strcspn(at, "/");
            if (length == 2 && memcmp(at, "..", 2) == 0) {
                must(!down);
                must(--depth >= 0);
            } else if (length != 1 || *at != '.') {
                down = 1;
            }
            at += length;
        }
    }
    free(path);
    return 0;
}
