/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "init/net/connection.h"

void connection_stop_dialling(struct connection *connection)
{
    lookup_cancel(&connection->query);
    if (connection->dial)
        dial_stop(connection->dial);
    free(connection->dial);
    connection->dial = NULL;
}

static void dialled(struct dial *dial, int fd)
{
    struct connection *connection = dial->context;
    struct gate *gate = connection->gate;
    if (fd < 0) { /* the server's own refusal, or nobody there: a reset, as without a gate */
        connection_finish(connection, true);
        return;
    }
    connection->server = (struct end){.fd = fd};
    gate->descriptors++;
    connection->server_watch = (struct watch){.fd = fd, .ready = connection_server_ready};
    connection_stop_dialling(connection);
    if (reactor_add(&gate->reactor, &connection->server_watch) < 0) {
        connection_finish(connection, true);
        return;
    }
    connection->stage = STAGE_RELAY;
    timer_set(&gate->reactor, &connection->timer, TIMER_IDLE);
    /* The rest happens when the new descriptor reports that it can be written to. */
}

static void dial_addresses(struct connection *connection, const struct addresses *addresses)
{
    connection->dial = calloc(1, sizeof *connection->dial);
    if (!connection->dial) {
        connection_finish(connection, true);
        return;
    }
    connection->dial->done = dialled;
    connection->dial->context = connection;
    dial_start(connection->dial, &connection->gate->reactor, addresses, connection->port);
}

/* It leads where no name may lead. */
static void refuse_special(struct connection *connection)
{
    char text[512];
    connection->fault = "it leads to an address that is private or special";
    if (!connection->http) {
        connection_refuse(connection, connection->name, NULL, 0);
        return;
    }
    (void)snprintf(text, sizeof text,
                   "%.253s leads to an address that is private or special; names may lead to "
                   "private ones with 'private = yes' in [network]",
                   connection->name);
    (void)http_side_refuse(connection, 403, connection->name, text);
}

static void resolved(void *context, const struct addresses *found, const char *why)
{
    struct connection *connection = context;
    struct gate *gate = connection->gate;
    struct addresses usable = {0};
    (void)why;
    for (size_t i = 0; found && i < found->count; i++)
        if (gate->mode == NETWORK_OPEN ||
            decide_address(gate_policy(gate), gate->private_names, gate_seconds(gate),
                           connection->name, connection->port, &found->list[i]))
            usable.list[usable.count++] = found->list[i];
    if (usable.count > 0)
        dial_addresses(connection, &usable);
    else if (found)
        refuse_special(connection);
    else
        connection_finish(connection, true);
}

void connection_dial_name(struct connection *connection, const char *name)
{
    struct gate *gate = connection->gate;
    (void)snprintf(connection->name, sizeof connection->name, "%s", name);
    connection->stage = STAGE_DIAL;
    timer_set(&gate->reactor, &connection->timer, TIMER_DIAL);
    lookup_start(gate->lookup, connection->name, resolved, connection, &connection->query);
}

void connection_dial_address(struct connection *connection)
{
    const struct addresses one = {.count = 1, .list = {connection->address}};
    connection->stage = STAGE_DIAL;
    timer_set(&connection->gate->reactor, &connection->timer, TIMER_DIAL);
    dial_addresses(connection, &one);
}
