/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm: remove boxes that were kept. */
#include <stdio.h>
#include <unistd.h>

#include "plugin/engine/container.h"
#include "plugin/session/idmap.h"
#include "plugin/state.h"
#include "plugin/verbs.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

static const struct option_spec options[] = {
    {'f', "force", NULL, "also while they run", COMPLETES_NOTHING, NULL},
};

/* The volume with the box's network mode. 1 if there was one, 0, -1. */
static int forget(struct invocation *invocation, const char *name, struct error *err)
{
    long status = 0;
    json_t *answer = NULL;
    cleanup_free char *path = NULL, *escaped = engine_escape(name);
    if (!escaped || asprintf(&path, "/volumes/" STATE_VOLUME_PREFIX "%s", escaped) < 0) {
        path = NULL;
        return error_set(err, "out of memory");
    }
    enum obstacle ignored;
    int failed =
        engine_request(invocation->engine, "DELETE", path, NULL, &answer, &status, err);
    if (!failed && status >= 400 && status != 404)
        failed = container_refusal(status, answer, &ignored, err);
    json_decref(answer);
    if (failed)
        return error_prefix(err, "%s is removed, but what it kept of its network mode is not",
                            quoted(name));
    if (status != 404)
        info("removed %s and what it kept of its network mode", quoted(name));
    return status != 404;
}

/* A box that removed itself leaves its network mode behind, under its full name. */
static int rm_left(struct invocation *invocation)
{
    const struct arguments *arguments = &invocation->arguments;
    struct error ignored = ERROR_INIT;
    return arguments->operand_count == 1 && invocation_engine(invocation, &ignored) &&
           forget(invocation, arguments->operands[0], &ignored) == 1;
}

static int rm_one(struct invocation *invocation, const struct box *box, struct error *err)
{
    const bool force = argument_flag(&invocation->arguments, "force");
    if (box_is_running(box) && !force)
        return error_set(err,
                         "the box %s runs; stop it first (docker claudex stop %s), or add "
                         "--force",
                         quoted(box->name), quoted(box->name));
    if (container_remove(invocation->engine, box->id, force, err) < 0)
        return -1;
    struct error gone = ERROR_INIT;
    if (force)
        container_await_removal(invocation->engine, box->id);
    cleanup_free char *folder = state_box(box->name, &gone);
    if (folder && geteuid() == 0)
        idmap_clear(folder);
    if (folder)
        state_forget(folder, box->id);
    return forget(invocation, box->name, err) < 0 ? -1 : 0;
}

static int run(struct invocation *invocation, struct error *err)
{
    int failed = verb_for_each(invocation, false, rm_one, err);
    return failed && rm_left(invocation) ? 0 : failed;
}

const struct command cmd_rm = {
    .name = "rm",
    .operands = "[NAME…]",
    .summary = "Remove boxes that were kept",
    .options = options,
    .option_count = array_length(options),
    .completes = COMPLETES_BOX,
    .run = run,
};
