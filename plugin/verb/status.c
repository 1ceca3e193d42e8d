/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status: one box. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "plugin/agent.h"
#include "plugin/control.h"
#include "plugin/engine/container.h"
#include "plugin/exec.h"
#include "plugin/image/image.h"
#include "plugin/policy/connections.h"
#include "plugin/signatures.h"
#include "plugin/terminal/output.h"
#include "plugin/verbs.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/login.h"
#include "shared/names.h"

enum { LOGINS_MAX = 64 * 1024, SIGNATURES_SHOWN = 5, CONNECTIONS_MAX = 1000 };

static int take_logins(void *data, const char *bytes, size_t length, struct error *err)
{
    return buf_append(data, bytes, length) < 0 ? error_set(err, "too many logins") : 0;
}

/* What PID 1 says about itself; NULL where it does not. */
static json_t *box_status(struct invocation *invocation, const struct box *box)
{
    struct control_request request = {.word = CONTROL_STATUS};
    struct control_reply reply = {.status = 0};
    struct error ignored = ERROR_INIT;
    if (strcmp(box->state, "running") != 0 ||
        control_ask(invocation, box, &request, &reply, &ignored) < 0)
        return NULL;
    json_t *status = json_loads(reply.text, 0, NULL);
    if (json_is_object(status))
        return status;
    json_decref(status);
    return NULL;
}

/* What it says of the agents' logins in BOX_LOGINS; NULL where it does not. */
static json_t *box_logins(struct engine *engine, const struct box *box)
{
    static const char *const command[] = {"cat", BOX_LOGINS, NULL};
    cleanup_buf struct buf text = BUF_INIT(LOGINS_MAX);
    struct error ignored = ERROR_INIT;
    const struct exec exec = {.engine = engine, .box = box->id, .command = command};
    const struct exec_pipes pipes = {.sink = take_logins, .sink_data = &text};
    if (strcmp(box->state, "running") != 0 || exec_piped(&exec, &pipes, &ignored) != 0)
        return NULL;
    return json_loadb(text.data ? text.data : "", text.length, 0, NULL);
}

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

/* RFC 3339 as the engine writes it; 0 for what it is not. */
static time_t parse_time(const char *text)
{
    struct tm tm = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    return rest && tm.tm_year > 0 ? timegm(&tm) : 0;
}

static json_t *versions(struct engine *engine, const struct box *box, const json_t *config)
{
    json_t *list = json_pack("{s:s}", "claudex", box_label(box, LABEL_VERSION));
    json_t *labels = NULL;
    struct error ignored = ERROR_INIT;
    /* Of a container they are the image's, but for those that the container has itself. */
    const json_t *own = json_object_get(config, "Labels");
    if (!json_object_get(own, LABEL_CLAUDE))
        (void)image_labels(engine, text_of(config, "Image"), &labels, &ignored);
    for (size_t i = 0; i < agent_count; i++) {
        const char *label = agents[i].version_label;
        json_t *version = label ? json_object_get(own, label) : NULL;
        if (label && !version)
            version = json_object_get(labels, label);
        if (version)
            (void)json_object_set(list, agents[i].name, version);
    }
    json_decref(labels);
    return list;
}

/* "127.0.0.1:32768->3000/tcp" each. */
static json_t *ports(const json_t *inspect)
{
    json_t *list = json_array(), *bindings, *binding;
    const char *key;
    size_t i;
    json_object_foreach(json_object_get(json_object_get(inspect, "NetworkSettings"), "Ports"),
                        key, bindings)
    {
        json_array_foreach(bindings, i, binding)
        {
            (void)json_array_append_new(list,
                                        json_sprintf("%s:%s->%s", text_of(binding, "HostIp"),
                                                     text_of(binding, "HostPort"), key));
        }
    }
    return list;
}

static json_t *describe(struct invocation *invocation, const struct box *box,
                        const json_t *inspect)
{
    struct engine *engine = invocation->engine;
    const json_t *config = json_object_get(inspect, "Config");
    const json_t *state = json_object_get(inspect, "State");
    const char *started = text_of(state, "StartedAt");
    json_t *status = box_status(invocation, box), *logins = box_logins(engine, box);
    const char *mode = text_of(status, "mode");
    json_t *folders = json_loads(box_label(box, LABEL_FOLDERS), 0, NULL);
    json_t *all = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "name", box->name, "id", box->id,
        "state", box->state, "agent", box_label(box, LABEL_AGENT), "mode",
        *mode ? mode : box_label(box, LABEL_NETWORK), "image", text_of(config, "Image"),
        "started", started, "folders", folders ? folders : json_array(), "ports",
        ports(inspect), "versions", versions(engine, box, config));
    if (all && box_is_running(box))
        (void)json_object_set_new(all, "uptime",
                                  json_integer((json_int_t)(time(NULL) - parse_time(started))));
    else if (all)
        (void)json_object_set(all, "exit_status", json_object_get(state, "ExitCode"));
    if (all && status)
        (void)json_object_set(all, "box", status); /* all that PID 1 says */
    if (all && json_object_get(status, "trail"))
        (void)json_object_set(all, "trail", json_object_get(status, "trail"));
    json_decref(status);
    if (all && logins)
        (void)json_object_set(all, "logins", logins);
    json_decref(logins);
    json_t *signatures = signatures_read(engine, box);
    if (all && signatures)
        (void)json_object_set(all, "ssh", signatures);
    json_decref(signatures);
    return all;
}

/* What is connected now, by host, and how much was refused; nothing where PID 1 does not say.
 */
static void add_network(struct invocation *invocation, const struct box *box, json_t *all)
{
    struct error ignored = ERROR_INIT;
    size_t total = 0;
    json_t *list =
        control_pages(invocation, box, CONTROL_CONNECTIONS, CONNECTIONS_MAX, &total, &ignored);
    if (!list)
        return;
    (void)json_object_set_new(all, "connection_count", json_integer((json_int_t)total));
    (void)json_object_set_new(all, "connections", connections_by_host(list));
    json_decref(list);
    list = control_pages(invocation, box, CONTROL_DENIED, 1, &total, &ignored);
    if (list)
        (void)json_object_set_new(all, "denied_count", json_integer((json_int_t)total));
    json_decref(list);
}

/* --- for people ----------------------------------------------------------------------- */

static int add_pair(struct table *table, const char *name, const char *text)
{
    return table_add(table, name) | table_add(table, text);
}

static int add_list(struct table *table, const char *name, const json_t *list)
{
    size_t i;
    const json_t *item;
    int failed = 0;
    json_array_foreach(list, i, item)
    {
        const char *text = json_string_value(item);
        failed |= add_pair(table, i ? "" : name, text ? text : "");
    }
    return failed;
}

static int add_state(struct table *table, const json_t *all)
{
    char age[32], text[128];
    const json_t *uptime = json_object_get(all, "uptime"),
                 *code = json_object_get(all, "exit_status");
    output_age((long)json_integer_value(uptime), age, sizeof age);
    if (uptime)
        (void)snprintf(text, sizeof text, "%s for %s", text_of(all, "state"), age);
    else
        (void)snprintf(text, sizeof text, "%s, exit status %d", text_of(all, "state"),
                       (int)json_integer_value(code));
    return add_pair(table, "state", text);
}

static int add_versions(struct table *table, const json_t *all)
{
    const char *name;
    json_t *version;
    int failed = 0;
    bool first = true;
    json_object_foreach(json_object_get(all, "versions"), name, version)
    {
        char text[256];
        const char *number = json_string_value(version);
        (void)snprintf(text, sizeof text, "%s %s", name, number ? number : "");
        failed |= add_pair(table, first ? "versions" : "", text);
        first = false;
    }
    return failed;
}

static int add_signatures(struct table *table, const json_t *ssh)
{
    const json_t *last = json_object_get(ssh, "last");
    size_t count = json_array_size(last), i = 0;
    char text[512];
    if (!ssh)
        return 0;
    int failed = add_pair(table, "ssh agent", text_of(ssh, "keys"));
    (void)snprintf(text, sizeof text, "%lld",
                   (long long)json_integer_value(json_object_get(ssh, "count")));
    failed |= add_pair(table, "signatures", text);
    if (count > SIGNATURES_SHOWN)
        i = count - SIGNATURES_SHOWN;
    for (; i < count; i++) {
        signature_describe(json_array_get(last, i), text, sizeof text);
        failed |= add_pair(table, "", text);
    }
    return failed;
}

static int add_connections(struct table *table, const json_t *all)
{
    size_t i;
    const json_t *host;
    int failed = 0;
    char text[512];
    json_array_foreach(json_object_get(all, "connections"), i, host)
    {
        connections_line(host, text, sizeof text);
        failed |= add_pair(table, i ? "" : "connected", text);
    }
    const json_int_t denied = json_integer_value(json_object_get(all, "denied_count"));
    (void)snprintf(text, sizeof text, "%lld host%s, see: docker claudex denied",
                   (long long)denied, denied == 1 ? "" : "s");
    return failed | (denied ? add_pair(table, "refused", text) : 0);
}

/* One that no other box gets wants an answer. */
static int add_logins(struct table *table, const json_t *all)
{
    int failed = 0;
    char text[1024];
    for (int i = 0; i < LOGIN_AGENTS; i++) {
        const json_t *one =
                         json_object_get(json_object_get(all, "logins"), login_places[i].agent),
                     *held = json_object_get(one, "held");
        const char *account = text_of(one, "account");
        if (json_object_get(one, "fresh")) {
            (void)snprintf(text, sizeof text, "%s%s%s%s%s", login_places[i].title,
                           *account ? " as " : "", account,
                           *text_of(one, "box") ? ", written by " : "", text_of(one, "box"));
            failed |= add_pair(table, "login", text);
        }
        if (!held)
            continue;
        (void)snprintf(
            text, sizeof text,
            "another one of %s, %s, by %s: docker claudex login %s --accept %s, or --refuse",
            login_places[i].title, text_of(held, "account"), text_of(held, "box"),
            login_places[i].agent, text_of(held, "id"));
        failed |= add_pair(table, "login held", text);
    }
    return failed;
}

static int add_trail(struct table *table, const json_t *trail)
{
    char age[32], text[160];
    if (!trail)
        return 0;
    const json_int_t when = json_integer_value(json_object_get(trail, "time"));
    const json_int_t count = json_integer_value(json_object_get(trail, "snapshots"));
    output_age((long)(time(NULL) - when), age, sizeof age);
    (void)snprintf(text, sizeof text, "%lld in this session", (long long)count);
    if (count > 0)
        (void)snprintf(text, sizeof text, "%lld in this session, the last %s ago (%s)",
                       (long long)count, age, text_of(trail, "kind"));
    int failed = add_pair(table, "snapshots", text);
    if (json_is_true(json_object_get(trail, "failing")))
        failed |=
            add_pair(table, "", "the last that was tried failed, see: docker claudex logs");
    return failed;
}

static int print_table(const json_t *all)
{
    cleanup_table struct table table = {.columns = 2};
    int failed = add_pair(&table, "name", text_of(all, "name")) | add_state(&table, all) |
                 add_pair(&table, "network", text_of(all, "mode")) |
                 add_connections(&table, all) |
                 add_list(&table, "folders", json_object_get(all, "folders")) |
                 add_pair(&table, "agent", text_of(all, "agent")) |
                 add_list(&table, "ports", json_object_get(all, "ports")) |
                 add_trail(&table, json_object_get(all, "trail")) |
                 add_signatures(&table, json_object_get(all, "ssh")) | add_logins(&table, all) |
                 add_pair(&table, "image", text_of(all, "image")) | add_versions(&table, all);
    if (!failed)
        table_print(&table, stdout);
    return failed;
}

static int run(struct invocation *invocation, struct error *err)
{
    const char *name;
    cleanup_box struct box box = {0};
    json_t *inspect = NULL;
    if (verb_name(invocation, &name, err) < 0 ||
        verb_box(invocation, name, false, &box, err) < 0)
        return -1;
    int found = container_inspect(invocation->engine, box.id, &inspect, err);
    if (found <= 0)
        return found < 0 ? -1 : error_set(err, "the box has just gone");
    json_t *all = describe(invocation, &box, inspect);
    json_decref(inspect);
    if (all && box_is_running(&box))
        add_network(invocation, &box, all);
    int failed = -1;
    if (all && invocation->quiet)
        failed = puts(text_of(all, "name")) < 0 ? -1 : 0;
    else if (all && invocation->format == OUTPUT_JSON)
        failed = output_json(json_incref(all), stdout);
    else if (all)
        failed = print_table(all);
    json_decref(all);
    return failed ? error_set(err, "out of memory") : 0;
}

const struct command cmd_status = {
    .name = "status",
    .operands = "[NAME]",
    .summary = "Show one box: its state, network, folders, signatures, versions",
    .completes = COMPLETES_BOX,
    .run = run,
};
