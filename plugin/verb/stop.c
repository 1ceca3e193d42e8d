/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stop: ask a box's session to end, and end it. */
#include <string.h>

#include "plugin/engine/container.h"
#include "plugin/verbs.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/parse.h"

enum { SECONDS_DEFAULT = 10, SECONDS_MAX = 86400 };

static const struct option_spec options[] = {
    {'t', "time", "SECONDS", "how long the session has until it is killed (10)",
     COMPLETES_NOTHING, NULL},
};

static int stop_one(struct invocation *invocation, const struct box *box, struct error *err)
{
    uint64_t seconds = SECONDS_DEFAULT;
    const char *time = argument_value(&invocation->arguments, "time");
    if (time && parse_number(time, 0, SECONDS_MAX, &seconds) < 0)
        return error_usage(err, "--time %s: expected a number of seconds", quoted(time));
    json_t *inspect = NULL;
    int found = container_inspect(invocation->engine, box->id, &inspect, err);
    const json_t *host = json_object_get(inspect, "HostConfig");
    const bool leaves = json_is_true(json_object_get(host, "AutoRemove"));
    json_decref(inspect);
    if (found <= 0)
        return found;
    /* Never started: its claudex was killed in the middle. */
    if (strcmp(box->state, "created") == 0) {
        verb_forget(box);
        return container_remove(invocation->engine, box->id, true, err);
    }
    if (container_stop(invocation->engine, box->id, (long)seconds, err) < 0)
        return -1;
    if (leaves) {
        container_await_removal(invocation->engine, box->id);
        verb_forget(box);
    }
    return 0;
}

static int run(struct invocation *invocation, struct error *err)
{
    return verb_for_each(invocation, false, stop_one, err);
}

const struct command cmd_stop = {
    .name = "stop",
    .operands = "[NAME…]",
    .summary = "End boxes; they are removed unless they are to be kept",
    .options = options,
    .option_count = array_length(options),
    .completes = COMPLETES_BOX,
    .run = run,
};
