/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/control.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plugin/exec.h"
#include "plugin/policy/connections.h"
#include "plugin/state.h"
#include "plugin/terminal/output.h"
#include "plugin/verbs.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/control_call.h"
#include "shared/log.h"
#include "shared/names.h"
#include "shared/parse.h"

enum { BOXES_MAX = 4096, WORDS_MAX = 4, SAID_MAX = 16 * 1024, CONNECTIONS_MAX = 1000 };

/* --- which box ------------------------------------------------------------------------ */

/* 1 if a box of the engine is alive there. */
static int box_from_folder(const char *boxes, const char *name, const char *engine,
                           struct box *box)
{
    cleanup_free char *folder = NULL;
    if (asprintf(&folder, "%s/%s", boxes, name) < 0) {
        folder = NULL;
        return 0;
    }
    if (!state_is_alive(folder))
        return 0;
    json_t *note = state_note_read(folder);
    const char *of = json_string_value(json_object_get(note, "engine"));
    const char *id = json_string_value(json_object_get(note, "id"));
    const char *folders = json_string_value(json_object_get(note, "folders"));
    const bool ours = of && id && folders && strcmp(of, engine) == 0;
    if (ours)
        *box = (struct box){
            .id = strdup(id),
            .name = strdup(name),
            .state = strdup("running"),
            .summary = json_pack("{s:{s:s}}", "Labels", LABEL_FOLDERS, folders),
        };
    json_decref(note);
    return ours;
}

/* Boxes whose FIFO is read now. None where anything is odd: the engine knows better. */
static void boxes_from_folders(const char *engine, struct boxes *found)
{
    struct error ignored = ERROR_INIT;
    cleanup_free char *boxes = state_boxes(&ignored);
    cleanup_dir DIR *entries = boxes ? opendir(boxes) : NULL;
    const struct dirent *entry;
    found->items = entries ? calloc(BOXES_MAX, sizeof *found->items) : NULL;
    while (found->items && found->count < BOXES_MAX && (entry = readdir(entries))) {
        struct box *box = &found->items[found->count];
        if (is_box_name(entry->d_name) &&
            box_from_folder(boxes, entry->d_name, engine, box) > 0)
            found->count++;
    }
}

int control_find(struct invocation *invocation, const char *name, struct box *box,
                 struct error *err)
{
    cleanup_boxes struct boxes boxes = {0};
    const struct endpoint *endpoint = invocation_endpoint(invocation, err);
    if (!endpoint)
        return -1;
    if (endpoint_is_local(endpoint))
        boxes_from_folders(endpoint->address, &boxes);
    cleanup_free char *folder = name ? NULL : realpath(".", NULL);
    long fit = box_fit(&boxes, name, folder, true);
    /* A short name may be another box's full one. */
    if (fit < 0 || !boxes.items || (name && strcmp(boxes.items[fit].name, name) != 0))
        return verb_box(invocation, name, true, box, err);
    *box = boxes.items[fit];
    boxes.items[fit] = (struct box){0};
    return 0;
}

/* --- one request ---------------------------------------------------------------------- */

static int take_words(void *data, const char *bytes, size_t length, struct error *err)
{
    return buf_append(data, bytes, length) < 0 ? error_set(err, "the box says too much") : 0;
}

/* Without the newline and what `claudex-init` puts in front. */
static void copy_words(const struct buf *from, char *to, size_t size)
{
    static const char lead[] = "claudex-init: ";
    const char *text = from->data ? from->data : "";
    if (strncmp(text, lead, sizeof lead - 1) == 0)
        text += sizeof lead - 1;
    (void)snprintf(to, size, "%.*s", (int)strcspn(text, "\n"), text);
}

static int ask_by_exec(struct invocation *invocation, const struct box *box,
                       const struct control_request *request, struct control_reply *reply,
                       struct error *err)
{
    char line[CONTROL_LINE_MAX], *rest = NULL;
    const char *words[WORDS_MAX + 1] = {NULL};
    cleanup_buf struct buf said = BUF_INIT(SAID_MAX), complaints = BUF_INIT(SAID_MAX);
    int length = control_request_print(request, line, sizeof line);
    struct engine *engine = invocation_engine(invocation, err);
    if (!engine || length < 1)
        return engine ? error_set(err, "a request that cannot be written") : -1;
    line[length - 1] = '\0';
    (void)strtok_r(line, " ", &rest); /* the id: ctl chooses its own */
    for (size_t i = 0; i < WORDS_MAX; i++)
        if (!(words[i] = strtok_r(NULL, " ", &rest)))
            break;
    const struct exec exec = {.engine = engine, .box = box->id, .command = words, .ctl = true};
    const struct exec_pipes pipes = {
        .sink = take_words, .sink_data = &said, .complaints = &complaints};
    int status = exec_piped(&exec, &pipes, err);
    if (status < 0)
        return -1;
    reply->status = status;
    copy_words(status ? &complaints : &said, reply->text, sizeof reply->text);
    return 0;
}

/* 1 when there was a reply, 0 where the other way is worth trying, -1. */
static int ask_by_fifo(const struct box *box, struct control_request *request,
                       struct control_reply *reply, struct error *err)
{
    struct error why = ERROR_INIT;
    cleanup_free char *folder = state_box(box->name, &why);
    cleanup_free char *control = folder ? state_control(folder) : NULL;
    if (!control)
        return 0;
    const bool once = request->word == CONTROL_TOGGLE;
    const int patience = once ? CONTROL_TOGGLE_MS : CONTROL_REPLY_MS;
    if (control_call(control, request, patience, reply, &why) == 0)
        return 1;
    /* Nothing but this is wrong when asked for twice. */
    if (errno == ETIMEDOUT && once)
        return error_set(err,
                         "no reply in %d ms, and a second toggle would undo the first; see: "
                         "docker claudex lockdown status %s",
                         patience, quoted(box->name));
    if (errno == EINVAL)
        warn("%s: what lies there is not the box's FIFO; asking through the engine", why.text);
    return 0;
}

int control_ask(struct invocation *invocation, const struct box *box,
                struct control_request *request, struct control_reply *reply, struct error *err)
{
    const struct endpoint *endpoint = invocation_endpoint(invocation, err);
    if (!endpoint)
        return -1;
    (void)snprintf(request->id, sizeof request->id, "00000000");
    int done = endpoint_is_local(endpoint) ? ask_by_fifo(box, request, reply, err) : 0;
    if (done < 0 || (done == 0 && ask_by_exec(invocation, box, request, reply, err) < 0))
        return -1;
    if (reply->status == 0)
        return 0;
    (void)error_set(err, "%s: %s", quoted(box->name),
                    *reply->text ? quoted(reply->text) : "PID 1 refuses, and does not say why");
    return -1;
}

char *control_mode(struct invocation *invocation, const struct box *box)
{
    struct control_request request = {.word = CONTROL_STATUS};
    struct control_reply reply = {.status = 0};
    struct error ignored = ERROR_INIT;
    const struct endpoint *endpoint = invocation_endpoint(invocation, &ignored);
    (void)snprintf(request.id, sizeof request.id, "00000000");
    if (strcmp(box->state, "running") != 0 || !endpoint || !endpoint_is_local(endpoint) ||
        ask_by_fifo(box, &request, &reply, &ignored) <= 0 || reply.status != 0)
        return NULL;
    json_t *status = json_loads(reply.text, 0, NULL);
    const char *mode = json_string_value(json_object_get(status, "mode"));
    char *copy = mode ? strdup(mode) : NULL;
    json_decref(status);
    return copy;
}

json_t *control_pages(struct invocation *invocation, const struct box *box,
                      enum control_word word, size_t most, size_t *total, struct error *err)
{
    json_t *all = json_array();
    *total = 0;
    while (json_array_size(all) < most) {
        struct control_request request = {.word = word,
                                          .number = (uint32_t)json_array_size(all)};
        struct control_reply reply = {.status = 0};
        if (control_ask(invocation, box, &request, &reply, err) < 0) {
            json_decref(all);
            return NULL;
        }
        json_t *page = json_loads(reply.text, 0, NULL);
        json_t *items = json_object_get(page, "items");
        *total = (size_t)json_integer_value(json_object_get(page, "total"));
        const size_t got = json_array_size(items);
        if (got > 0)
            (void)json_array_extend(all, items);
        json_decref(page);
        if (got == 0 || json_array_size(all) >= *total)
            break;
    }
    return all;
}

/* --- many ----------------------------------------------------------------------------- */

json_t *control_answer(const char *name, const struct control_reply *reply)
{
    char now[16] = "", before[16] = "";
    json_t *status = json_loads(reply->text, 0, NULL);
    json_t *answer = json_pack("{s:s}", "name", name);
    if (json_is_object(status)) {
        (void)json_object_set(answer, "mode", json_object_get(status, "mode"));
        (void)json_object_set(answer, "why", json_object_get(status, "why"));
    } else if (sscanf(reply->text, "network mode is now %15[a-z] (was %15[a-z])", now,
                      before) == 2) {
        (void)json_object_set_new(answer, "mode", json_string(now));
        (void)json_object_set_new(answer, "was", json_string(before));
    } else if (sscanf(reply->text, "network mode is %15[a-z], as before", now) == 1) {
        (void)json_object_set_new(answer, "mode", json_string(now));
        (void)json_object_set_new(answer, "was", json_string(now));
    }
    if (!json_is_object(status))
        (void)json_object_set_new(answer, "message", json_string(reply->text));
    json_decref(status);
    return answer;
}

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

void control_print(const struct invocation *invocation, const json_t *answer)
{
    char name[256], text[CONTROL_LINE_MAX];
    const char *message = text_of(answer, "message"), *why = text_of(answer, "why");
    term_quote(name, sizeof name, text_of(answer, "name"), strlen(text_of(answer, "name")));
    if (invocation->quiet)
        printf("%s\n", name);
    else if (*message)
        printf("%s: %s\n", name, term_quote(text, sizeof text, message, strlen(message)));
    else
        printf("%s: network mode is %s%s%s%s\n", name, text_of(answer, "mode"),
               *why ? " (" : "", term_quote(text, sizeof text, why, strlen(why)),
               *why ? ")" : "");
    size_t i;
    const json_t *host;
    json_array_foreach(json_object_get(answer, "connections"), i, host)
    {
        if (invocation->quiet)
            return;
        connections_line(host, text, sizeof text);
        printf("  %s\n", text);
    }
}

/* PID 1 knows addresses, the gate names: those go in the place of the former. */
static void add_connections(struct invocation *invocation, const struct box *box,
                            json_t *answer)
{
    struct error ignored = ERROR_INIT;
    size_t total = 0, length;
    const char *message = text_of(answer, "message");
    const char *stays = strstr(message, " stay");
    if (!stays)
        return;
    json_t *list =
        control_pages(invocation, box, CONTROL_CONNECTIONS, CONNECTIONS_MAX, &total, &ignored);
    json_t *hosts = total > 0 ? connections_by_host(list) : NULL;
    json_decref(list);
    length = (size_t)(stays - message) + strcspn(stays, ":");
    if (!hosts)
        return;
    (void)json_object_set_new(answer, "message", json_stringn(message, length));
    (void)json_object_set_new(answer, "connections", hosts);
}

static int ask_one(struct invocation *invocation, const struct box *box,
                   const struct control_round *round, json_t *answers, struct error *err)
{
    struct control_request request = round->request;
    struct control_reply reply = {.status = 0};
    if (control_ask(invocation, box, &request, &reply, err) < 0)
        return -1;
    json_t *answer = control_answer(box->name, &reply);
    if (answer && round->lists)
        add_connections(invocation, box, answer);
    if (answer && round->about)
        (void)json_object_update(answer, round->about);
    if (answer && invocation->format != OUTPUT_JSON)
        control_print(invocation, answer);
    return json_array_append_new(answers, answer) < 0 ? error_set(err, "out of memory") : 0;
}

static int find_and_ask(struct invocation *invocation, const char *name,
                        const struct control_round *round, json_t *answers, struct error *err)
{
    cleanup_box struct box box = {0};
    return control_find(invocation, name, &box, err) < 0
               ? -1
               : ask_one(invocation, &box, round, answers, err);
}

static void append_error(struct error *err, const struct error *next)
{
    size_t used = strlen(err->text);
    (void)snprintf(err->text + used, sizeof err->text - used, "%s%s", used ? "\n" : "",
                   next->text);
    err->status = next->status;
}

int control_round(struct invocation *invocation, const struct control_round *round,
                  struct error *err)
{
    cleanup_boxes struct boxes boxes = {0};
    if (round->all && (!invocation_engine(invocation, err) ||
                       box_list(invocation->engine, false, &boxes, err) < 0))
        return -1;
    const size_t count = round->all ? boxes.count : round->count ? round->count : 1;
    if (count == 0)
        info("no box runs");
    json_t *answers = json_array();
    int failed = 0;
    for (size_t i = 0; i < count && !engine_cancelled(); i++) {
        struct error this = ERROR_INIT;
        const char *name = round->count ? round->names[i] : NULL;
        if ((round->all ? ask_one(invocation, &boxes.items[i], round, answers, &this)
                        : find_and_ask(invocation, name, round, answers, &this)) == 0)
            continue;
        append_error(err, &this);
        failed = -1;
    }
    if (invocation->format == OUTPUT_JSON)
        (void)output_json(json_incref(answers), stdout);
    json_decref(answers);
    return failed;
}
