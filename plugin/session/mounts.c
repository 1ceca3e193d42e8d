/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/session/mounts.h"

#include <stdio.h>
#include <string.h>

#include "shared/log.h"
#include "shared/names.h"

static int out_of_memory(struct error *err)
{
    return error_set(err, "out of memory");
}

static int add_mount(struct session *session, const struct mount *mount, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The format makes the destination. The source is copied. */
static int add_mount(struct session *session, const struct mount *mount, const char *fmt, ...)
{
    const size_t count = session->box.mount_count;
    struct mount *mounts = reallocarray(session->box.mounts, count + 1, sizeof *mounts);
    if (!mounts)
        return -1;
    session->box.mounts = mounts;
    mounts[count] = *mount;
    mounts[count].source = strdup(mount->source);
    mounts[count].project = mount->project ? strdup(mount->project) : NULL;
    va_list args;
    va_start(args, fmt);
    if (vasprintf(&mounts[count].destination, fmt, args) < 0)
        mounts[count].destination = NULL;
    va_end(args);
    session->box.mount_count++;
    return mounts[count].source && mounts[count].destination &&
                   (mounts[count].project || !mount->project)
               ? 0
               : -1;
}

static int mount_folder(struct plan *plan, const struct folder *folder, const char *below,
                        bool idmapped)
{
    const bool project = strcmp(below, BOX_WORKSPACE) == 0;
    const struct mount mount = {.source = folder->path,
                                .project = project ? folder->path : NULL,
                                .read_only = folder->read_only,
                                .idmapped = idmapped,
                                .device = folder->device,
                                .inode = folder->inode};
    plan->idmapped = plan->idmapped || idmapped;
    return add_mount(&plan->session, &mount, "%s/%s", below, folder->name);
}

/* What an agent must not rewrite: the next session would obey it. */
static int mount_config(struct plan *plan, size_t i, bool idmapped, struct error *err)
{
    const struct folder *folder = &plan->projects.items[i];
    const struct project_file *file = &plan->files.items[i];
    cleanup_free char *source = NULL;
    if (!file->name || folder->read_only)
        return 0;
    if (asprintf(&source, "%s/%s", folder->path, file->name) < 0) {
        source = NULL;
        return out_of_memory(err);
    }
    const struct mount mount = {.source = source,
                                .read_only = true,
                                .idmapped = idmapped,
                                .device = file->device,
                                .inode = file->inode};
    return add_mount(&plan->session, &mount, BOX_WORKSPACE "/%s/%s", folder->name, file->name) <
                   0
               ? out_of_memory(err)
               : 0;
}

int plan_mounts(struct plan *plan, bool may_idmap, struct error *err)
{
    for (size_t i = 0; i < plan->projects.count; i++) {
        const struct folder *folder = &plan->projects.items[i];
        const bool idmapped = may_idmap && folder->owner == 0;
        if (mount_folder(plan, folder, BOX_WORKSPACE, idmapped) < 0)
            return out_of_memory(err);
        if (mount_config(plan, i, idmapped, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < plan->includes.count; i++) {
        const struct folder *folder = &plan->includes.items[i];
        if (mount_folder(plan, folder, BOX_CONTEXT, may_idmap && folder->owner == 0) < 0)
            return out_of_memory(err);
    }
    return 0;
}

/* Read-only keeps nobody from connecting; it keeps the socket's owner and mode. */
int plan_x11(struct plan *plan, bool insists, struct error *err)
{
    struct x11 *x11 = &plan->x11;
    struct error why = ERROR_INIT;
    if (!plan->session.run.x11)
        return 0;
    const bool there = x11_find(x11, &why) == 0;
    if (!there && insists)
        return error_set(err, "--x11: %s", why.text);
    if (!there) {
        /* A setting for the desk, and somebody logged in from elsewhere. */
        warn("x11 = yes, but %s; going on without", why.text);
        plan->session.run.x11 = false;
        return 0;
    }
    const struct mount mount = {
        .source = x11->socket, .read_only = true, .device = x11->device, .inode = x11->inode};
    return add_mount(&plan->session, &mount, "%s", x11->socket) < 0 ? out_of_memory(err) : 0;
}

/* Where a mount lies within the folder that shows at below/name: "" for itself; NULL for a
 * mount of another. */
static const char *inside(const char *destination, const char *below, const char *name)
{
    const char *const parts[] = {below, "/", name};
    for (size_t i = 0; i < array_length(parts); i++) {
        size_t length = strlen(parts[i]);
        if (strncmp(destination, parts[i], length) != 0)
            return NULL;
        destination += length;
    }
    return *destination == '\0' || *destination == '/' ? destination : NULL;
}

static int stage_folder(struct session *session, const char *staged, const char *below,
                        const char *name)
{
    for (size_t i = 0; i < session->box.mount_count; i++) {
        struct mount *mount = &session->box.mounts[i];
        const char *rest = inside(mount->destination, below, name);
        char *source;
        if (!mount->idmapped || !rest)
            continue;
        if (asprintf(&source, "%s%s", staged, rest) < 0)
            return -1;
        free(mount->source);
        mount->source = source;
    }
    return 0;
}

int plan_stage(struct plan *plan, const char *folder, struct error *err)
{
    const struct {
        const struct folders *folders;
        const char *below;
    } lists[] = {{&plan->projects, BOX_WORKSPACE}, {&plan->includes, BOX_CONTEXT}};
    size_t number = 0;
    for (size_t k = 0; k < array_length(lists); k++) {
        for (size_t i = 0; i < lists[k].folders->count; i++) {
            cleanup_free char *staged = NULL;
            if (asprintf(&staged, "%s/mnt/%zu", folder, number++) < 0) {
                staged = NULL;
                return out_of_memory(err);
            }
            if (stage_folder(&plan->session, staged, lists[k].below,
                             lists[k].folders->items[i].name) < 0)
                return out_of_memory(err);
        }
    }
    return 0;
}
