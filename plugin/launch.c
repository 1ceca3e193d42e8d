/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/launch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "plugin/engine/container.h"
#include "plugin/hold.h"
#include "plugin/image/custom.h"
#include "plugin/image/image.h"
#include "plugin/image/program.h"
#include "plugin/network.h"
#include "plugin/session/idmap.h"
#include "plugin/session/private_files.h"
#include "plugin/session/spec.h"
#include "plugin/state.h"
#include "plugin/terminal/attach.h"
#include "shared/log.h"

void launch_free(struct launch *launch)
{
    json_decref(launch->spec);
    free(launch->init);
    free(launch->packages);
    free(launch->id);
    free(launch->folder);
    if (launch->lock >= 0)
        close(launch->lock);
    *launch = (struct launch){.lock = -1};
}

/* Docker Desktop's engine sees this machine's files, but in a kernel of its own: what one side
 * writes into a FIFO the other never reads. */
bool launch_shares_kernel(const struct launch *launch)
{
    return !strstr(launch->socket, "/.docker/desktop/");
}

int launch_find_init(struct launch *launch, struct error *err)
{
    launch->init = program_installed();
    if (!launch->init && launch->engine)
        launch->init = program_extracted(launch->engine, err);
    if (!launch->init)
        return launch->engine ? -1
                              : error_set(err, "there is no claudex-init beside this program; "
                                               "install claudex again (make install)");
    launch->copy_init = !launch_shares_kernel(launch) ||
                        !program_is_mountable(launch->init, &launch->plan->projects);
    return 0;
}

int launch_spec(struct launch *launch, struct error *err)
{
    static const char *const nothing[] = {NULL};
    const struct plan *plan = launch->plan;
    cleanup_free char *control = launch->folder ? state_control(launch->folder) : NULL;
    struct spec_input input = {
        .session = &plan->session,
        .image = launch->image,
        .command = plan->command.count ? (const char *const *)plan->command.items : nothing,
        .agent = plan->agent,
        .tty = launch->tty,
        .open_stdin = launch->open_stdin,
        .attach = !launch->detached,
        .remove = !launch->keep,
        .ssh_source = plan->ssh.source,
        .ssh_folder = plan->ssh.folder,
        .control_dir = control,
        .term = getenv("TERM"),
        .folders_json = plan->folders_json,
        .packages = launch->packages,
        .init = launch->copy_init ? NULL : launch->init,
    };
    attach_terminal_size(&input.rows, &input.columns);
    json_decref(launch->spec);
    launch->spec = spec_container(&input);
    return launch->spec ? 0 : error_set(err, "cannot write the container's specification");
}

/* --- the folder of the box ------------------------------------------------------------ */

static int stage(struct launch *launch, struct error *err)
{
    struct plan *plan = launch->plan;
    if (!launch->folder)
        return 0;
    if (launch->lock < 0 && (launch->lock = state_box_lock(launch->folder, err)) < 0)
        return -1;
    if (state_control_make(launch->folder, err) < 0)
        return -1;
    if (!plan->idmapped)
        return 0;
    idmap_clear(launch->folder); /* what a run that was killed left */
    const struct folders *lists[] = {&plan->projects, &plan->includes};
    size_t number = 0;
    for (size_t k = 0; k < array_length(lists); k++) {
        for (size_t i = 0; i < lists[k]->count; i++, number++) {
            const struct folder *folder = &lists[k]->items[i];
            cleanup_free char *target = NULL;
            if (folder->owner != 0)
                continue;
            if (asprintf(&target, "%s/mnt/%zu", launch->folder, number) < 0) {
                target = NULL;
                return error_set(err, "out of memory");
            }
            if (idmap_mount(folder->fd, target, err) < 0)
                return error_prefix(
                    err,
                    "%s belongs to root and cannot be shown to the agent as its "
                    "own (chown -R it to a user)",
                    quoted(folder->path));
        }
    }
    return 0;
}

/* So that a command finds the box without asking the engine. */
static int note(const struct launch *launch, struct error *err)
{
    const struct endpoint *endpoint = engine_endpoint(launch->engine);
    return launch->folder ? state_note_write(launch->folder, endpoint->address, launch->id,
                                             launch->plan->folders_json, err)
                          : 0;
}

static void unstage(struct launch *launch)
{
    if (launch->folder && launch->plan->idmapped)
        idmap_clear(launch->folder);
    if (launch->lock >= 0)
        close(launch->lock);
    launch->lock = -1;
}

/* --- start ---------------------------------------------------------------------------- */

static int get_image(struct launch *launch, struct error *err)
{
    if (!launch->build_image)
        return error_set(err,
                         "the image %s is not here; get it (docker pull %s), or leave out "
                         "--image for claudex's own",
                         quoted(launch->image), quoted(launch->image));
    const struct custom_build how = {.quiet = false};
    if (launch->custom)
        return custom_build(launch->engine, launch->custom, &how, NULL, err);
    info("the image %s is not here yet; building it, once (docker claudex build)",
         quoted(launch->image));
    const struct image_build build = {.tag = launch->image};
    return image_build(launch->engine, &build, NULL, err);
}

/* 1 when the name is taken. */
static int create(struct launch *launch, enum obstacle *obstacle, struct error *err)
{
    const char *name = launch->plan->session.box.name;
    for (bool built = false;; built = true) {
        if (container_create(launch->engine, name, launch->spec, &launch->id, obstacle, err) ==
            0)
            return 0;
        if (*obstacle == OBSTACLE_NAME)
            return 1;
        if (*obstacle != OBSTACLE_IMAGE || built)
            return -1;
        /* That may take minutes, in which the folder's lock is not ours to hold. */
        if (launch->folder)
            state_clear(launch->folder, "");
        unstage(launch);
        if (get_image(launch, err) < 0 || stage(launch, err) < 0)
            return -1;
    }
}

/* In a virtual machine folders have other numbers than here. */
static void forget_identities(struct plan *plan)
{
    for (size_t i = 0; i < plan->session.box.mount_count; i++)
        plan->session.box.mounts[i].device = plan->session.box.mounts[i].inode = 0;
}

/* Folders of this machine are of use to an engine with the same files and the same users. Asked
 * after the create, because the answer takes as long as that. */
static int check_engine(struct launch *launch, struct error *err)
{
    const struct engine_info *about = engine_info(launch->engine, err);
    if (!about)
        return -1;
    if (about->rootless)
        return error_set(err, "this engine is rootless: in its containers nobody but root can "
                              "own your files, and claudex's agent is never root; use the "
                              "system's engine (docker context use default)");
    if (about->userns_remap)
        return error_set(err, "this engine maps users (userns-remap): your files would belong "
                              "to nobody in the box; use an engine without it, or remove "
                              "\"userns-remap\" from /etc/docker/daemon.json");
    if (strcmp(about->os_type, "linux") != 0 && about->os_type[0])
        return error_set(err, "this engine runs %s containers; claudex needs Linux ones",
                         quoted(about->os_type));
    if (about->desktop && launch->plan->idmapped)
        return error_set(err,
                         "this engine runs in a virtual machine, where a project of root's "
                         "cannot be shown to the agent as its own; give it to a user "
                         "(chown -R)");
    if (about->desktop && launch->plan->session.run.x11)
        return error_set(err,
                         "this engine runs in a virtual machine, where the display of this "
                         "one cannot be reached; do without --x11");
    if (about->desktop)
        forget_identities(launch->plan);
    return 0;
}

/* Before the start, so that not a byte of the session is missed. */
static int open_stream(struct launch *launch, struct error *err)
{
    char tail[512];
    (void)snprintf(tail, sizeof tail, "/attach?stream=1&stdout=1&stderr=1%s&detachKeys=%s",
                   launch->open_stdin && !launch->detached ? "&stdin=1" : "", ATTACH_NO_KEYS);
    cleanup_free char *path = container_path(launch->id, tail);
    if (!path)
        return error_set(err, "out of memory");
    return engine_hijack(launch->engine, path, NULL, err);
}

/* What is there so far goes, also where the user has had enough. */
static void undo(struct launch *launch)
{
    struct error err = ERROR_INIT;
    sigset_t before;
    signals_hold(&before);
    engine_resume();
    if (launch->id && !launch->restart &&
        container_remove(launch->engine, launch->id, true, &err) < 0)
        warn("the container %s is left behind: %s", launch->id, err.text);
    else if (launch->id && !launch->restart) /* it may have begun to remove itself */
        container_await_removal(launch->engine, launch->id);
    if (launch->folder && launch->lock >= 0 && !launch->restart)
        state_clear(launch->folder, launch->id ? launch->id : "");
    if (!launch->restart) {
        free(launch->id);
        launch->id = NULL;
    }
    unstage(launch);
    signals_release(&before);
}

static int checked(int failed, struct error *err)
{
    return !failed && engine_cancelled() ? error_set(err, "cancelled") : failed;
}

/* As launch_start(); *obstacle says if another attempt makes sense. */
static int attempt(struct launch *launch, int *stream, enum obstacle *obstacle,
                   struct error *err)
{
    *stream = -1;
    *obstacle = OBSTACLE_NONE;
    int failed = stage(launch, err);
    if (!failed && !launch->restart)
        failed = create(launch, obstacle, err);
    if (failed <= 0 && !engine_cancelled() && check_engine(launch, err) < 0)
        failed = -1; /* says more than why a create failed there */
    if (failed > 0) {
        unstage(launch);
        return 1;
    }
    failed = checked(failed, err);
    if (!failed)
        failed = note(launch, err);
    if (!failed)
        failed = private_files_put(launch->engine, launch->id, launch->plan,
                                   launch->copy_init ? launch->init : NULL, err);
    if (!failed && (*stream = open_stream(launch, err)) < 0)
        failed = -1;
    failed = checked(failed, err);
    if (!failed)
        failed = container_start(launch->engine, launch->id, obstacle, err);
    if (failed) {
        if (*stream >= 0)
            close(*stream);
        undo(launch);
    }
    return failed;
}

int launch_start(struct launch *launch, int *stream, struct error *err)
{
    enum obstacle obstacle;
    int failed = attempt(launch, stream, &obstacle, err);
    /* Only the first box of all finds no network. A start that failed for it has removed the
     * container where that removes itself. */
    if (failed < 0 && obstacle == OBSTACLE_NETWORK && !engine_cancelled() &&
        network_ensure(launch->engine, err) == 0)
        failed = attempt(launch, stream, &obstacle, err);
    if (failed)
        return failed;
    /* The box has its own copy of the mounts by now; one that is kept needs them again. */
    if (!launch->keep)
        unstage(launch);
    else if (launch->lock >= 0)
        close(take_fd(&launch->lock));
    return 0;
}
