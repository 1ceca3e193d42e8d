/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/verbs.h"

#include <stdio.h>
#include <string.h>

#include "plugin/state.h"
#include "shared/cleanup.h"

int verb_name(const struct invocation *invocation, const char **name, struct error *err)
{
    const struct arguments *arguments = &invocation->arguments;
    if (arguments->operand_count > 1 || arguments->rest_count > 0)
        return error_usage(err, "one NAME, or none for the box of the current folder");
    *name = arguments->operand_count ? arguments->operands[0] : NULL;
    return 0;
}

int verb_box(struct invocation *invocation, const char *name, bool running, struct box *box,
             struct error *err)
{
    struct engine *engine = invocation_engine(invocation, err);
    return engine ? box_find(engine, name, running, box, err) : -1;
}

void verb_forget(const struct box *box)
{
    struct error ignored = ERROR_INIT;
    cleanup_free char *folder = state_box(box->name, &ignored);
    if (folder)
        state_forget(folder, box->id);
}

static int one(struct invocation *invocation, const char *name, bool running, verb_each *each,
               struct error *err)
{
    cleanup_box struct box box = {0};
    if (verb_box(invocation, name, running, &box, err) < 0)
        return -1;
    return each(invocation, &box, err);
}

int verb_for_each(struct invocation *invocation, bool running, verb_each *each,
                  struct error *err)
{
    const struct arguments *arguments = &invocation->arguments;
    int failed = 0;
    if (arguments->rest_count > 0)
        return error_usage(err, "names of boxes, and no command");
    if (arguments->operand_count == 0)
        return one(invocation, NULL, running, each, err);
    for (size_t i = 0; i < arguments->operand_count && !engine_cancelled(); i++) {
        struct error this = ERROR_INIT;
        if (one(invocation, arguments->operands[i], running, each, &this) == 0)
            continue;
        size_t used = strlen(err->text);
        (void)snprintf(err->text + used, sizeof err->text - used, "%s%s", used ? "\n" : "",
                       this.text);
        err->status = this.status;
        failed = -1;
    }
    return failed;
}
