/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attach: back to the first session of a box. */
#include <stdio.h>

#include "plugin/engine/container.h"
#include "plugin/terminal/attach.h"
#include "plugin/verbs.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

static const struct option_spec options[] = {
    {0, "detach-keys", "KEYS", "keys that leave again (ctrl-p,ctrl-q)", COMPLETES_NOTHING,
     NULL},
    {0, "no-stdin", NULL, "only watch", COMPLETES_NOTHING, NULL},
};

/* A program draws its screen anew when its size changes; so it changes once more. */
static void provoke_redraw(struct engine *engine, const char *resize)
{
    unsigned short rows, columns;
    char path[512];
    long status = 0;
    struct error ignored = ERROR_INIT;
    attach_terminal_size(&rows, &columns);
    if (rows == 0)
        return;
    (void)snprintf(path, sizeof path, "%s?h=%u&w=%u", resize, rows + 1U, columns + 1U);
    (void)engine_request(engine, "POST", path, NULL, NULL, &status, &ignored);
}

static int attach_box(struct invocation *invocation, const struct box *box,
                      const json_t *inspect, struct error *err)
{
    const json_t *config = json_object_get(inspect, "Config");
    const bool tty = json_is_true(json_object_get(config, "Tty"));
    const bool leaves =
        json_is_true(json_object_get(json_object_get(inspect, "HostConfig"), "AutoRemove"));
    const bool open_stdin = json_is_true(json_object_get(config, "OpenStdin")) &&
                            !argument_flag(&invocation->arguments, "no-stdin");
    char tail[512];
    (void)snprintf(tail, sizeof tail, "/attach?stream=1&stdout=1&stderr=1%s&detachKeys=%s",
                   open_stdin ? "&stdin=1" : "", ATTACH_NO_KEYS);
    cleanup_free char *path = container_path(box->id, tail);
    cleanup_free char *resize = container_path(box->id, "/resize");
    if (!path || !resize)
        return error_set(err, "out of memory");
    struct attach attach = {
        .engine = invocation->engine,
        .stream = engine_hijack(invocation->engine, path, NULL, err),
        .tty = tty,
        .open_stdin = open_stdin,
        .close_stdin = json_is_true(json_object_get(config, "StdinOnce")),
        .resize = resize,
        .detach_keys = argument_value(&invocation->arguments, "detach-keys"),
        .asks = *box_label(box, LABEL_SSH) != '\0',
        .box = box->name,
    };
    if (attach.stream < 0)
        return -1;
    if (tty)
        provoke_redraw(invocation->engine, resize);
    int status = 0;
    switch (attach_run(&attach, err)) {
    case ATTACH_EOF:
        if (container_wait(invocation->engine, box->id, leaves, &status, err) < 0)
            return -1;
        if (leaves)
            verb_forget(box);
        return status;
    case ATTACH_DETACHED:
        return 0;
    case ATTACH_SIGNAL:
        return err->status;
    case ATTACH_FAILED:
        break;
    }
    return -1;
}

static int run(struct invocation *invocation, struct error *err)
{
    const char *name;
    cleanup_box struct box box = {0};
    json_t *inspect = NULL;
    if (verb_name(invocation, &name, err) < 0 ||
        verb_box(invocation, name, true, &box, err) < 0)
        return -1;
    int found = container_inspect(invocation->engine, box.id, &inspect, err);
    int status = found > 0    ? attach_box(invocation, &box, inspect, err)
                 : found == 0 ? error_set(err, "the box %s is gone", quoted(box.name))
                              : -1;
    json_decref(inspect);
    return status;
}

const struct command cmd_attach = {
    .name = "attach",
    .operands = "[NAME]",
    .summary = "Attach to the first session of a box",
    .options = options,
    .option_count = array_length(options),
    .completes = COMPLETES_BOX,
    .run = run,
};
