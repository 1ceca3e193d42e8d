/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "init/net/connection.h"

enum gate_via connection_via(const struct connection *connection)
{
    static const enum gate_via vias[] = {
        [PROTOCOL_RAW] = VIA_TCP, [PROTOCOL_TLS] = VIA_TLS, [PROTOCOL_HTTP] = VIA_HTTP};
    return vias[connection->protocol];
}

/* The word is out. What the client still sends is read away: a close with bytes unread would
 * be a reset, which overtakes the word. */
static void linger(struct connection *connection)
{
    struct gate *gate = connection->gate;
    (void)shutdown(connection->client.fd, SHUT_WR);
    connection_stop_dialling(connection);
    connection_drop_server(connection);
    connection->stage = STAGE_REFUSED;
    timer_set(&gate->reactor, &connection->timer, TIMER_LINGER);
    reactor_again(&gate->reactor, &connection->client_watch);
}

/* --- behind answers ----------------------------------------------------------------------- */

/*
 * Where an answer ends, only who parses all of them knows; the server does. It is left alone
 * until it has said something since it was last asked, and then was quiet for a moment (a
 * longer one where it owes more than one answer), for some take half a connection for none and
 * drop what they are about to say. Then it is told that no more requests come, and ends the
 * connection when it has answered. If it ends it unasked, that is the answer's end or the
 * server's own refusal, and a word behind it might be taken for part of an answer: it is left
 * out.
 */
static enum timer_kind patience(const struct connection *connection)
{
    if (connection->up.shut)
        return TIMER_DIAL;
    return connection->owed > 1 ? TIMER_LINGER : TIMER_QUIET;
}

static void wait_for_answers(struct connection *connection, const char *text, size_t length)
{
    connection->word = malloc(length);
    if (!connection->word) {
        connection_cut(connection);
        return;
    }
    memcpy(connection->word, text, length);
    connection->word_length = length;
    connection->stage = STAGE_ANSWERS;
    connection->down.shut = true; /* the client is not told of the end before the word */
    connection->owed = http_side_owed(connection);
    timer_set(&connection->gate->reactor, &connection->timer,
              connection->owed > 0 ? TIMER_IDLE : TIMER_QUIET);
    connection_answers(connection);
}

static void say_word(struct connection *connection)
{
    while (connection->client.writable && connection->word_sent < connection->word_length) {
        ssize_t n =
            send(connection->client.fd, connection->word + connection->word_sent,
                 connection->word_length - connection->word_sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN) {
            connection->client.writable = false;
        } else if (n < 0) {
            connection_cut(connection);
            return;
        } else {
            connection->word_sent += (size_t)n;
        }
    }
    if (connection->word_sent == connection->word_length)
        linger(connection);
}

void connection_answers(struct connection *connection)
{
    struct gate *gate = connection->gate;
    const uint64_t before = connection->down.bytes;
    switch (
        flow_move(&connection->down, &connection->server, &connection->client, &gate->pipes)) {
    case FLOW_BROKEN:
        connection_cut(connection);
        return;
    case FLOW_DONE:
        if (connection->up.shut)
            say_word(connection);
        else
            connection_finish(connection, false);
        return;
    case FLOW_GOES_ON:
        reactor_again(&gate->reactor, &connection->server_watch);
        break;
    case FLOW_WAITS:
        break;
    }
    if (connection->down.bytes > before)
        timer_set(&gate->reactor, &connection->timer, patience(connection));
}

void connection_answers_expired(struct connection *connection)
{
    if (connection->timer.kind == TIMER_DIAL || connection->timer.kind == TIMER_IDLE) {
        connection_cut(connection);
        return;
    }
    if (connection->down.held == 0) { /* else it is the client that is slow */
        (void)shutdown(connection->server.fd, SHUT_WR);
        connection->up.shut = true;
    }
    timer_set(&connection->gate->reactor, &connection->timer, TIMER_DIAL);
}

/* --- refusing ----------------------------------------------------------------------------- */

void connection_refuse(struct connection *connection, const char *name, const char *text,
                       size_t length)
{
    gate_refused_for(connection->gate, connection_via(connection), name, connection->port,
                     connection->fault, connection->fault_detail);
    if (!text) {
        connection_finish(connection, true);
    } else if (connection->stage == STAGE_RELAY &&
               (connection->down.bytes > 0 || http_side_owed(connection) > 0)) {
        wait_for_answers(connection, text, length);
    } else {
        /* It fits into an empty socket buffer. */
        (void)send(connection->client.fd, text, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        linger(connection);
    }
}

void connection_refuse_tls(struct connection *connection, const char *name)
{
    /* Fatal, access_denied, as a server would send it instead of its hello: RFC 8446 6. */
    static const char alert[] = {21, 3, 1, 0, 2, 2, 49};
    connection_refuse(connection, name, alert, sizeof alert);
}

void connection_discard(struct connection *connection)
{
    char bytes[4096];
    ssize_t n;
    do
        n = recv(connection->client.fd, bytes, sizeof bytes, MSG_DONTWAIT);
    while (n > 0);
    if (n == 0 || errno != EAGAIN)
        connection_finish(connection, false);
}
