/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm: remove boxes that were kept. */
#include <unistd.h>

#include "plugin/container.h"
#include "plugin/idmap.h"
#include "plugin/state.h"
#include "plugin/verbs.h"
#include "shared/cleanup.h"
#include "shared/log.h"

static const struct option_spec options[] = {
    {'f', "force", NULL, "also while they run", COMPLETES_NOTHING, NULL},
};

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
    int status;
    struct error gone = ERROR_INIT;
    if (force) /* one that removes itself was faster; until it is done the name is taken */
        (void)container_wait(invocation->engine, box->id, true, &status, &gone);
    cleanup_free char *folder = geteuid() == 0 ? state_box(box->name, &gone) : NULL;
    if (folder)
        idmap_clear(folder);
    return 0;
}

static int run(struct invocation *invocation, struct error *err)
{
    return verb_for_each(invocation, false, rm_one, err);
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
