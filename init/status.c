/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/status.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "init/replace.h"
#include "shared/cleanup.h"
#include "shared/names.h"

#define LINK BOX_RUN "/status.json"

char *status_print(const struct status *status)
{
    char started[sizeof "2025-01-31T12:00:00Z"] = "";
    struct tm utc;
    if (gmtime_r(&status->started, &utc))
        (void)strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", &utc);
    json_t *root = json_pack(
        "{s:s, s:s, s:s, s:s, s:{s:I, s:I}, s:s, s:i, s:s}", "version", CLAUDEX_VERSION, "box",
        status->box, "mode", network_mode_name(status->mode), "why", status->why, "agent",
        "uid", (json_int_t)status->agent.uid, "gid", (json_int_t)status->agent.gid, "firewall",
        status->firewall, "landlock", status->landlock, "started", started);
    const struct status_trail *trail = status->trail;
    if (root && trail &&
        json_object_set_new(
            root, "trail",
            json_pack("{s:I, s:s, s:I, s:b}", "snapshots", (json_int_t)trail->snapshots, "kind",
                      trail->kind ? trail->kind : "", "time", (json_int_t)trail->when,
                      "failing", trail->failing)) < 0) {
        json_decref(root);
        root = NULL;
    }
    char *text = root ? json_dumps(root, 0) : NULL;
    json_decref(root);
    return text;
}

int status_write(const struct status *status, struct error *err)
{
    struct status kept = *status;
    kept.trail = NULL;
    cleanup_free char *text = status_print(&kept);
    if (!text || replace_file(BOX_STATUS, text, strlen(text), 0644) < 0)
        return error_errno(err, "cannot write " BOX_STATUS);
    return 0;
}

int status_clear(struct error *err)
{
    static const char *const paths[] = {BOX_STATUS, LINK};
    for (size_t i = 0; i < array_length(paths); i++)
        if (unlink(paths[i]) < 0 && errno != ENOENT)
            return error_errno(err, "cannot remove %s", paths[i]);
    if (symlink(&BOX_STATUS[sizeof BOX_RUN], LINK) < 0)
        return error_errno(err, "cannot make " LINK);
    return 0;
}
