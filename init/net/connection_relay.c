/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/connection.h"

void connection_server_ready(struct watch *watch, uint32_t events)
{
    struct connection *connection = member_of(watch, struct connection, server_watch);
    end_ready(&connection->server, events);
    if (connection->stage == STAGE_ANSWERS)
        connection_answers(connection);
    else
        connection_relay(connection);
}

static enum flow_state relay_up(struct connection *connection)
{
    return flow_move(&connection->up, &connection->client, &connection->server,
                     &connection->gate->pipes);
}

/* Gives to a carrier what needs no decision any more (of HTTP, every request does), if it moves
 * much, or if descriptors run short here. */
static bool hand_on(struct connection *connection)
{
    struct gate *gate = connection->gate;
    if (connection->http || (connection->up.bytes + connection->down.bytes < GATE_BULK &&
                             gate->descriptors < gate->most / 2))
        return false;
    if (carriers_take(&gate->carriers, connection, &connection->client, &connection->server,
                      &connection->up, &connection->down, &connection->at) < 0)
        return false;
    timer_stop(&connection->timer);
    connection_close_ends(connection, false);
    connection->stage = STAGE_CARRIED;
    return true;
}

void connection_carried_ended(void *context)
{
    struct connection *connection = context;
    connection->at.carrier = NULL;
    connection_finish(connection, false);
}

void connection_relay(struct connection *connection)
{
    struct gate *gate = connection->gate;
    bool wait = false;
    enum flow_state up = FLOW_WAITS, down = FLOW_WAITS;
    if (connection->http) {
        http_side_answer(connection, &wait);
        if (http_side_up(connection) < 0)
            return;
        if (http_side_goes_on(connection->http))
            up = FLOW_GOES_ON;
    } else {
        up = relay_up(connection);
    }
    if (!wait && connection->http)
        down = connection_move_answers(connection);
    else if (!wait)
        down = flow_move(&connection->down, &connection->server, &connection->client,
                         &gate->pipes);
    enum flow_state state = relay_state(&connection->up, up, down);
    if (state == FLOW_BROKEN || state == FLOW_DONE) {
        connection_finish(connection, state == FLOW_BROKEN);
        return;
    }
    if (hand_on(connection))
        return;
    if (state == FLOW_GOES_ON)
        reactor_again(&gate->reactor, &connection->server_watch);
    timer_set(&gate->reactor, &connection->timer, TIMER_IDLE);
}
