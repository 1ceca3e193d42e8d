/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "plugin/engine/container.h"
#include "plugin/session/idmap.h"
#include "plugin/state.h"
#include "shared/cleanup.h"
#include "shared/parse.h"

static void sweep_box(struct engine *engine, const char *boxes, const char *name)
{
    struct error ignored = ERROR_INIT;
    json_t *inspect = NULL;
    cleanup_free char *folder = NULL;
    if (asprintf(&folder, "%s/%s", boxes, name) < 0) {
        folder = NULL;
        return;
    }
    if (state_is_alive(folder))
        return;
    cleanup_fd int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
        return;
    if (container_inspect(engine, name, &inspect, &ignored) == 0) {
        if (geteuid() == 0)
            idmap_clear(folder);
        state_clear(folder, NULL);
    }
    json_decref(inspect);
}

void sweep_boxes(struct engine *engine)
{
    struct error ignored = ERROR_INIT;
    cleanup_free char *boxes = state_boxes(&ignored);
    cleanup_dir DIR *entries = boxes ? opendir(boxes) : NULL;
    const struct dirent *entry;
    while (entries && (entry = readdir(entries)))
        if (is_box_name(entry->d_name))
            sweep_box(engine, boxes, entry->d_name);
}
