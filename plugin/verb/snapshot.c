/* SPDX-License-Identifier: GPL-2.0-or-later */
/* snapshot: record the projects of a running box as they are now. */
#include <stdio.h>
#include <string.h>

#include "plugin/command.h"
#include "plugin/exec.h"
#include "plugin/terminal/output.h"
#include "plugin/transfer.h"
#include "plugin/verbs.h"
#include "shared/buf.h"
#include "shared/log.h"

enum { ANSWER_MAX = 64 * 1024, SHORT_ID = 10 };

static int take(void *data, const char *bytes, size_t length, struct error *err)
{
    return buf_append(data, bytes, length) < 0 ? error_set(err, "a long answer") : 0;
}

/* "made NAME ID" or "same NAME ID" a line. */
static json_t *parse(char *answer)
{
    json_t *list = json_array();
    char *rest = NULL;
    for (char *line = strtok_r(answer, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *first = strchr(line, ' '), *last = strrchr(line, ' ');
        if (!first || first == last)
            continue;
        *first = *last = '\0';
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "project", first + 1,
                                                    "id", last + 1, "changed",
                                                    (int)(strcmp(line, "made") == 0)));
    }
    return list;
}

static int print(const struct invocation *invocation, json_t *list)
{
    size_t i;
    const json_t *one;
    if (invocation->format == OUTPUT_JSON)
        return output_json(json_incref(list), stdout);
    json_array_foreach(list, i, one)
    {
        const char *id = json_string_value(json_object_get(one, "id"));
        const char *name = json_string_value(json_object_get(one, "project"));
        const bool changed = json_is_true(json_object_get(one, "changed"));
        int n = invocation->quiet ? printf("%s\n", quoted(id))
                                  : printf("%s: %s %.*s\n", quoted(name),
                                           changed ? "recorded as" : "nothing changed since",
                                           SHORT_ID, quoted(id));
        if (n < 0)
            return -1;
    }
    return 0;
}

static int run(struct invocation *invocation, struct error *err)
{
    static const char *const nothing[] = {NULL};
    const char *name;
    cleanup_box struct box box = {0};
    cleanup_buf struct buf answer = BUF_INIT(ANSWER_MAX);
    if (verb_name(invocation, &name, err) < 0 ||
        verb_box(invocation, name, true, &box, err) < 0)
        return -1;
    const struct exec exec = {.engine = invocation->engine,
                              .box = box.id,
                              .command = nothing,
                              .entry = "snapshot",
                              .local = endpoint_is_local(&invocation->endpoint)};
    const struct exec_pipes pipes = {.sink = take, .sink_data = &answer};
    if (transfer_run(&exec, &pipes, 0, "snapshot", err) < 0)
        return -1;
    json_t *list = parse(answer.data ? answer.data : (char[]){""});
    int failed = print(invocation, list);
    json_decref(list);
    return failed ? error_set(err, "out of memory") : 0;
}

const struct command cmd_snapshot = {
    .name = "snapshot",
    .operands = "[NAME]",
    .summary = "Record the projects of a box as they are now",
    .completes = COMPLETES_BOX,
    .run = run,
};
