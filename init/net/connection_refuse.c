/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
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

void connection_say_word(struct connection *connection)
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

void connection_refuse(struct connection *connection, const char *name, const char *text,
                       size_t length)
{
    gate_refused_for(connection->gate, connection_via(connection), name, connection->port,
                     connection->fault, connection->fault_detail);
    if (!text) {
        connection_finish(connection, true);
    } else if (connection->stage == STAGE_RELAY) {
        connection_wait_for_answers(connection, text, length);
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
