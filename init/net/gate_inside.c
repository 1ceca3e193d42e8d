/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the agent may ask the gate: init/inside/talk.h. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init/inside/talk.h"
#include "init/net/gate.h"
#include "init/net/pattern.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

enum {
    ANSWERS_EACH_MS = 20,
    ANSWERS_AT_ONCE = 50,
    ASKS_EACH_MS = 5000, /* a person answers these */
    ASKS_AT_ONCE = 5,
    TEXT_MAX = 1024,
};

struct inside_client {
    struct watch watch; /* fd -1: free */
    struct timer timer;
    struct inside *inside;
};

struct inside {
    struct gate *gate;
    struct watch listener;
    struct inside_client clients[INSIDE_CLIENTS_MAX];
    struct inside_rate answers, asks;
};

/* --- why ---------------------------------------------------------------------------------- */

static const char *whose(const char *origin)
{
    static const char *const origins[][2] = {{"by hand", "by hand, from outside"},
                                             {"ai", "for the agents' own services"}};
    for (size_t i = 0; i < array_length(origins); i++)
        if (strcmp(origin, origins[i][0]) == 0)
            return origins[i][1];
    return "by the configuration";
}

static void judge(const struct gate *gate, const struct host_pattern *host, uint16_t port,
                  struct policy_verdict *verdict)
{
    if (host->kind == HOST_ADDRESS)
        policy_address(gate_policy(gate), host->family, host->address, port, gate_seconds(gate),
                       verdict);
    else
        policy_name(gate_policy(gate), host->name, port, gate_seconds(gate), verdict);
}

/* True where the mode says it all. */
static bool explain_mode(const struct gate *gate, char text[TEXT_MAX])
{
    switch (gate->mode) {
    case NETWORK_OPEN:
        (void)snprintf(text, TEXT_MAX, "the network is open: everything may be reached");
        return true;
    case NETWORK_LOCKDOWN:
    case NETWORK_SEALED:
        (void)snprintf(text, TEXT_MAX,
                       "the network is locked from outside: nothing new may be reached, "
                       "whatever the rules say");
        return true;
    default:
        return false;
    }
}

static int explain(const struct gate *gate, const struct host_pattern *host,
                   char text[TEXT_MAX])
{
    char name[PATTERN_TEXT_MAX], rule[PATTERN_TEXT_MAX], left[48] = "";
    const uint16_t usual[] = {443, 80};
    struct policy_verdict verdict;
    if (explain_mode(gate, text))
        return gate->mode == NETWORK_OPEN ? 0 : 1;
    judge(gate, host, host->port, &verdict);
    for (size_t i = 0; host->port == 0 && !verdict.matched && i < array_length(usual); i++)
        judge(gate, host, usual[i], &verdict);
    (void)pattern_print(host, name);
    if (verdict.expires)
        (void)snprintf(left, sizeof left, ", for %llu s more",
                       (unsigned long long)(verdict.expires - gate_seconds(gate)));
    if (verdict.matched)
        (void)snprintf(text, TEXT_MAX, "%s is %s %s (%s%s)", name,
                       verdict.allowed ? "allowed" : "denied", whose(verdict.origin),
                       pattern_print(&verdict.rule, rule), left);
    else if (host->port == 0 && host->kind != HOST_ADDRESS &&
             policy_name_known(gate_policy(gate), host->name, gate_seconds(gate)))
        (void)snprintf(text, TEXT_MAX, "%s is allowed, but not on ports 443 and 80", name);
    else
        (void)snprintf(
            text, TEXT_MAX,
            "%s is not allowed: no rule names it%s\n"
            "to ask the person outside for it: claudex ask %s REASON",
            name, gate->mode == NETWORK_API ? ", and in the mode api few are named" : "", name);
    return verdict.allowed ? 0 : 1;
}

/* --- ask ---------------------------------------------------------------------------------- */

/* What a frame may hold: printable ASCII. */
static void copy_reason(const char *from, char *to, size_t size)
{
    size_t i = 0;
    for (; i < size - 1 && from[i]; i++)
        to[i] = (char)((unsigned char)from[i] < 0x7f ? from[i] : '?');
    to[i] = '\0';
}

static int pass_on(struct inside *inside, const struct host_pattern *host, const char *reason,
                   char text[TEXT_MAX])
{
    struct gate *gate = inside->gate;
    struct gate_frame frame = {.kind = GATE_ASKED, .port = host->port};
    if (explain(gate, host, text) == 0)
        return 0; /* which it says */
    if (!inside_may(&inside->asks, gate->reactor.now, ASKS_EACH_MS, ASKS_AT_ONCE)) {
        (void)snprintf(text, TEXT_MAX, "a person reads this: try again in %d seconds",
                       ASKS_EACH_MS / 1000);
        return 1;
    }
    struct host_pattern alone = *host;
    char name[PATTERN_TEXT_MAX];
    alone.port = 0;
    (void)pattern_print(&alone, frame.name);
    (void)pattern_print(host, name);
    copy_reason(reason, frame.text, sizeof frame.text);
    gate_tell(gate, &frame);
    (void)snprintf(text, TEXT_MAX,
                   "asked for %s; whether it is allowed is up to the person outside. "
                   "To see: claudex why %s",
                   name, name);
    return 0;
}

/* A synthetic address means the name that it was given out for. False: there is none. */
static bool name_instead(const struct gate *gate, struct host_pattern *host)
{
    uint32_t v4;
    memcpy(&v4, host->address, sizeof v4);
    if (host->kind != HOST_ADDRESS || host->family != AF_INET || host->prefix != 32 ||
        !names_is_synthetic(ntohl(v4)))
        return true;
    const char *name = names_name(gate->names, ntohl(v4));
    if (!name)
        return false;
    const struct host_pattern named = {.kind = HOST_EXACT, .port = host->port};
    *host = named;
    (void)snprintf(host->name, sizeof host->name, "%s", name);
    return true;
}

/* --- clients ------------------------------------------------------------------------------ */

static int answer(struct inside *inside, char *request, char text[TEXT_MAX])
{
    struct host_pattern host;
    const char *why = "a host is missing";
    char *rest = request;
    const char *word = inside_word(&rest), *name = inside_word(&rest);
    const bool asks = strcmp(word, "ask") == 0;
    if (!asks && strcmp(word, "why") != 0) {
        (void)snprintf(text, TEXT_MAX, "an unknown word");
        return EXIT_USAGE;
    }
    if (parse_host_pattern(name, &host, &why) < 0) {
        (void)snprintf(text, TEXT_MAX, "'%s': %s", quoted(name), why);
        return EXIT_USAGE;
    }
    if (!name_instead(inside->gate, &host)) {
        (void)snprintf(text, TEXT_MAX, "%s is %s: look the name up again", host.name,
                       names_fault);
        return 1;
    }
    return asks ? pass_on(inside, &host, rest, text) : explain(inside->gate, &host, text);
}

static void leave(struct inside_client *client)
{
    timer_stop(&client->timer);
    reactor_remove(&client->inside->gate->reactor, &client->watch);
    close(client->watch.fd);
    client->watch.fd = -1;
}

static void expired(struct timer *timer)
{
    leave(member_of(timer, struct inside_client, timer));
}

static void client_ready(struct watch *watch, uint32_t events)
{
    struct inside_client *client = member_of(watch, struct inside_client, watch);
    struct inside *inside = client->inside;
    char request[INSIDE_REQUEST_MAX + 1], text[TEXT_MAX] = "";
    (void)events;
    switch (inside_read(watch->fd, request)) {
    case INSIDE_WAITS:
        return;
    case INSIDE_REQUEST:
        if (inside_may(&inside->answers, inside->gate->reactor.now, ANSWERS_EACH_MS,
                       ANSWERS_AT_ONCE)) {
            int status = answer(inside, request, text);
            inside_reply(watch->fd, status, text);
        }
        break;
    case INSIDE_GONE:
        break;
    }
    leave(client);
}

static void listener_ready(struct watch *watch, uint32_t events)
{
    struct inside *inside = member_of(watch, struct inside, listener);
    int fd;
    (void)events;
    for (size_t i = 0; i < INSIDE_CLIENTS_MAX; i++) {
        struct inside_client *client = &inside->clients[i];
        if (client->watch.fd >= 0)
            continue;
        if ((fd = inside_accept(watch->fd)) < 0)
            return;
        client->watch.fd = fd;
        if (reactor_add_input(&inside->gate->reactor, &client->watch) < 0)
            leave(client);
        else
            timer_set(&inside->gate->reactor, &client->timer, TIMER_HELLO);
    }
    /* All places are taken: who comes now hears nothing, and is not kept waiting. */
    if ((fd = inside_accept(watch->fd)) >= 0)
        close(fd);
}

int gate_inside_open(struct gate *gate, int listener, struct error *err)
{
    if (listener < 0)
        return 0;
    struct inside *inside = calloc(1, sizeof *inside); /* for the gate's life */
    if (!inside)
        return error_errno(err, "cannot make room for questions");
    inside->gate = gate;
    inside->listener = (struct watch){.fd = listener, .ready = listener_ready};
    for (size_t i = 0; i < INSIDE_CLIENTS_MAX; i++)
        inside->clients[i] = (struct inside_client){.inside = inside,
                                                    .watch = {.fd = -1, .ready = client_ready},
                                                    .timer = {.expired = expired}};
    if (reactor_add_input(&gate->reactor, &inside->listener) == 0)
        return 0;
    free(inside);
    return error_errno(err, "the gate cannot wait for questions");
}
