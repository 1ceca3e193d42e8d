/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter_ipv4.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init/net/hello.h"
#include "shared/cleanup.h"

/* linux/netfilter_ipv6/ip6_tables.h, which cannot be included beside netinet/in.h. */
enum { ORIGINAL_DESTINATION_V6 = 80 };

/* --- its end ------------------------------------------------------------------------------ */

static void close_one(struct gate *gate, struct watch *watch, struct end *end, bool reset)
{
    gate->descriptors -= end->fd >= 0;
    end_close(&gate->reactor, watch, end, reset);
}

void connection_close_ends(struct connection *connection, bool reset)
{
    struct gate *gate = connection->gate;
    flow_end(&connection->up, &gate->pipes);
    flow_end(&connection->down, &gate->pipes);
    close_one(gate, &connection->client_watch, &connection->client, reset);
    close_one(gate, &connection->server_watch, &connection->server, reset);
}

void connection_finish(struct connection *connection, bool reset)
{
    struct gate *gate = connection->gate;
    timer_stop(&connection->timer);
    connection_stop_dialling(connection);
    if (connection->at.carrier)
        carriers_cut(&connection->at);
    connection_close_ends(connection, reset);
    http_side_free(connection->http);
    free(connection->word);
    names_release(gate->names, connection->held, gate_seconds(gate));
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        gate->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    gate->count--;
    free(connection);
    /* What a crowd needed is given back; while there is one, its memory is used again. */
    if (gate->count == 0 && gate->crowd) {
        gate->crowd = false;
        (void)malloc_trim(0);
    }
}

void connection_drop_server(struct connection *connection)
{
    close_one(connection->gate, &connection->server_watch, &connection->server, true);
}

void connection_cut(struct connection *connection)
{
    connection_finish(connection, true);
}

static void expired(struct timer *timer)
{
    struct connection *connection = member_of(timer, struct connection, timer);
    if (connection->stage == STAGE_ANSWERS)
        connection_answers_expired(connection);
    else
        connection_finish(connection, connection->stage != STAGE_REFUSED);
}

/* --- listening ---------------------------------------------------------------------------- */

/* What is not allowed is the name that it says, wherever it was going. */
static void refuse_name(struct connection *connection, const char *name)
{
    connection->fault = NULL;
    connection_refuse_tls(connection, name);
}

/* An allow of an address lets through whatever is said there; of a name, what says it. */
static void refuse_nameless(struct connection *connection, const char *fault)
{
    if (connection->named)
        connection->fault = fault;
    connection_refuse_tls(connection, connection->name);
}

/* The hello stays in the socket; the server gets it from its first byte. */
static void listen_tls(struct connection *connection)
{
    static uint8_t bytes[HELLO_MAX];
    struct gate *gate = connection->gate;
    struct hello hello;
    ssize_t n = recv(connection->client.fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        connection_finish(connection, true);
        return;
    }
    switch (hello_parse(bytes, (size_t)n, &hello)) {
    case HELLO_MORE:
        return;
    case HELLO_NAME:
        if (decide_said(gate_policy(gate), gate_seconds(gate), hello.name, connection->port))
            connection_dial_name(connection, hello.name);
        else
            refuse_name(connection, hello.name);
        return;
    case HELLO_NO_NAME:
        refuse_nameless(connection, "its TLS hello says no name");
        return;
    case HELLO_BAD:
        refuse_nameless(connection, "on port 443 it spoke no TLS");
        return;
    }
}

static void client_ready(struct watch *watch, uint32_t events)
{
    struct connection *connection = member_of(watch, struct connection, client_watch);
    end_ready(&connection->client, events);
    switch (connection->stage) {
    case STAGE_LISTEN:
        if (connection->protocol == PROTOCOL_TLS)
            listen_tls(connection);
        else
            (void)http_side_up(connection);
        break;
    case STAGE_DIAL:
        if (events & (EPOLLHUP | EPOLLERR))
            connection_finish(connection, true);
        break;
    case STAGE_RELAY:
        connection_relay(connection);
        break;
    case STAGE_ANSWERS:
        connection_answers(connection);
        break;
    case STAGE_REFUSED:
        connection_discard(connection);
        break;
    case STAGE_CARRIED:
        break;
    }
}

/* --- its beginning ------------------------------------------------------------------------ */

/* Where the client wanted to go, before REDIRECT. -1: it came by itself, not through the rules.
 */
static int original_destination(struct connection *connection, int fd, int family)
{
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;
    socklen_t length = family == AF_INET6 ? sizeof v6 : sizeof v4;
    if (family == AF_INET6) {
        if (getsockopt(fd, IPPROTO_IPV6, ORIGINAL_DESTINATION_V6, &v6, &length) < 0)
            return -1;
        memcpy(connection->address.bytes, &v6.sin6_addr, 16);
        connection->port = ntohs(v6.sin6_port);
        if (IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr))
            return -1;
    } else {
        if (getsockopt(fd, IPPROTO_IP, SO_ORIGINAL_DST, &v4, &length) < 0)
            return -1;
        memcpy(connection->address.bytes, &v4.sin_addr, 4);
        connection->port = ntohs(v4.sin_port);
        if (connection->address.bytes[0] == 127)
            return -1;
    }
    connection->address.family = family;
    return 0;
}

static bool is_synthetic(const struct address *address)
{
    uint32_t v4;
    memcpy(&v4, address->bytes, sizeof v4);
    return address->family == AF_INET && names_is_synthetic(ntohl(v4));
}

/* A synthetic address is a name; so is what /etc/hosts, which the agent's own lookups read
 * first, says of an address: host.docker.internal comes in like that. */
static const char *destination_name(struct connection *connection)
{
    const struct address *address = &connection->address;
    struct names *names = connection->gate->names;
    uint32_t v4;
    memcpy(&v4, address->bytes, sizeof v4);
    if (is_synthetic(address)) {
        const char *name = names_name(names, ntohl(v4));
        connection->held = name ? ntohl(v4) : 0;
        names_hold(names, connection->held);
        return name;
    }
    return lookup_hosts_name(connection->gate->lookup, address);
}

static void begin(struct connection *connection)
{
    struct gate *gate = connection->gate;
    const struct destination destination = {.address = connection->address,
                                            .port = connection->port,
                                            .name = destination_name(connection)};
    connection->named = destination.name != NULL;
    if (!destination.name && is_synthetic(&destination.address))
        connection->fault = names_fault;
    if (destination.name)
        (void)snprintf(connection->name, sizeof connection->name, "%s", destination.name);
    else
        (void)inet_ntop(connection->address.family, connection->address.bytes, connection->name,
                        sizeof connection->name);
    switch (decide_first(gate_policy(gate), gate->mode == NETWORK_OPEN, gate_seconds(gate),
                         &destination, &connection->protocol)) {
    case DECISION_REFUSE:
        connection_refuse(connection, connection->name, NULL, 0);
        return;
    case DECISION_LISTEN:
        if (connection->protocol == PROTOCOL_HTTP && http_side_open(connection) < 0)
            return;
        timer_set(&gate->reactor, &connection->timer, TIMER_HELLO);
        return; /* until the client's first bytes */
    case DECISION_NAME:
        connection_dial_name(connection, destination.name);
        return;
    case DECISION_ADDRESS:
        connection_dial_address(connection);
        return;
    }
}

void connection_accept(struct gate *gate, int fd, int family)
{
    int on = 1;
    struct connection *connection = NULL;
    bool shut = gate->mode == NETWORK_LOCKDOWN || gate->mode == NETWORK_SEALED;
    if (!shut && gate->count < GATE_CONNECTIONS_MAX && gate->descriptors < gate->most)
        connection = calloc(1, sizeof *connection);
    if (!connection || original_destination(connection, fd, family) < 0) {
        free(connection);
        socket_reset(fd);
        return;
    }
    connection->gate = gate;
    connection->since = gate->reactor.now;
    connection->client = (struct end){.fd = fd};
    connection->client_watch = (struct watch){.fd = fd, .ready = client_ready};
    connection->server.fd = connection->server_watch.fd = -1;
    connection->up = connection->down = (struct flow)FLOW_INIT;
    connection->timer.expired = expired;
    connection->next = gate->connections;
    if (connection->next)
        connection->next->previous = connection;
    gate->connections = connection;
    gate->count++;
    gate->crowd |= gate->count >= GATE_CROWD;
    gate->descriptors++;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (reactor_add(&gate->reactor, &connection->client_watch) < 0)
        connection_finish(connection, true);
    else
        begin(connection);
}

uint64_t connection_list(struct gate *gate, const struct gate_frame *list,
                         void (*tell)(struct gate *, const struct gate_frame *))
{
    uint64_t count = 0;
    for (const struct connection *c = gate->connections; c; c = c->next) {
        if (c->stage != STAGE_RELAY && c->stage != STAGE_ANSWERS && c->stage != STAGE_CARRIED)
            continue;
        const uint64_t index = count++;
        if (index < list->up || index - list->up >= GATE_LIST_PAGE)
            continue;
        struct gate_frame frame = {.kind = GATE_CONNECTION,
                                   .via = connection_via(c),
                                   .port = c->port,
                                   .tag = list->tag,
                                   .up = c->up.bytes,
                                   .down = c->down.bytes,
                                   .age = (gate->reactor.now - c->since) / 1000};
        if (c->stage == STAGE_CARRIED)
            carriers_count(&c->at, &frame.up, &frame.down);
        (void)snprintf(frame.name, sizeof frame.name, "%s", c->name);
        tell(gate, &frame);
    }
    return count;
}
