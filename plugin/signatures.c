/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/signatures.h"

#include <stdio.h>
#include <string.h>

#include "plugin/exec.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/names.h"

#define LAST "100" /* of them are told */

enum { SIGNATURES_MAX = 256 * 1024 };

static int take(void *data, const char *bytes, size_t length, struct error *err)
{
    return buf_append(data, bytes, length) < 0 ? error_set(err, "too many signatures") : 0;
}

json_t *signatures_parse(const char *text, size_t length)
{
    json_t *list = json_array();
    const char *end = text + length;
    while (list && text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline ? newline : end;
        json_t *line = json_loadb(text, (size_t)(stop - text), 0, NULL);
        if (json_is_object(line))
            (void)json_array_append(list, line);
        json_decref(line);
        text = newline ? newline + 1 : end;
    }
    return list;
}

json_t *signatures_read(struct engine *engine, const struct box *box)
{
    static const char file[] = BOX_SIGNATURES;
    static const char *const command[] = {"tail", "-n", LAST, file, NULL};
    cleanup_buf struct buf text = BUF_INIT(SIGNATURES_MAX);
    struct error ignored = ERROR_INIT;
    const struct exec exec = {.engine = engine, .box = box->id, .command = command};
    const struct exec_pipes pipes = {.sink = take, .sink_data = &text};
    const char *keys = box_label(box, LABEL_SSH);
    if (!*keys || !box_is_running(box))
        return NULL;
    if (exec_piped(&exec, &pipes, &ignored) != 0) /* none so far */
        buf_clear(&text);
    json_t *last = signatures_parse(text.data ? text.data : "", text.length);
    const json_t *newest = json_array_get(last, json_array_size(last) - 1);
    return json_pack("{s:s, s:I, s:o}", "keys", keys, "count",
                     json_integer_value(json_object_get(newest, "number")), "last", last);
}

static const char *text_of(const json_t *signature, const char *key)
{
    const char *text = json_string_value(json_object_get(signature, key));
    return text ? text : "";
}

/* What happened, for people: who reads it needs to know whether it was signed, then why not. */
static const char *result_of(const json_t *signature)
{
    static const struct {
        const char *result, *words;
    } known[] = {
        {"hidden", "refused (not a chosen key)"},
        {"limit", "refused (over the limit)"},
        {"unanswered", "refused (nobody answered)"},
        {"unasked", "refused (no terminal to ask at)"},
        {"failed", "failed (at the host's agent)"},
    };
    const char *result = text_of(signature, "result");
    for (size_t i = 0; i < array_length(known); i++)
        if (strcmp(known[i].result, result) == 0)
            return known[i].words;
    return result;
}

void signature_describe(const json_t *signature, char *out, size_t size)
{
    const char *time = text_of(signature, "time"), *user = text_of(signature, "user"),
               *host = text_of(signature, "host_key"), *what = text_of(signature, "namespace"),
               *comment = text_of(signature, "comment");
    int used = snprintf(out, size, "%.10s %.8s %s %s", time, strlen(time) > 11 ? time + 11 : "",
                        result_of(signature), *comment ? comment : text_of(signature, "key"));
    if (used < 0 || (size_t)used >= size)
        return;
    if (*what)
        (void)snprintf(out + used, size - (size_t)used, ": a message for %s", what);
    else if (*user)
        (void)snprintf(out + used, size - (size_t)used, ": login as %s%s%s", user,
                       *host ? " at " : "", host);
}
