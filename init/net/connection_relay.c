/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/epoll.h>

#include "init/net/connection.h"

void connection_server_ready(struct watch *watch, uint32_t events)
{
    struct connection *connection = member_of(watch, struct connection, server_watch);
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        connection->server.readable = true;
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        connection->server.writable = true;
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
    if (up == FLOW_BROKEN || down == FLOW_BROKEN) {
        connection_finish(connection, true);
        return;
    }
    if (connection->up.shut && down == FLOW_DONE) {
        connection_finish(connection, false);
        return;
    }
    if (up == FLOW_GOES_ON || down == FLOW_GOES_ON)
        reactor_again(&gate->reactor, &connection->server_watch);
    timer_set(&gate->reactor, &connection->timer, TIMER_IDLE);
}
