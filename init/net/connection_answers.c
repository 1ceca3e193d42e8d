/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the answers on port 80 end, so that a refusal can follow them: their heads are looked
 * at and their bodies moved unseen, as far as each says how long it is. Behind one that does
 * not (chunked, until the end, to a HEAD) nothing is known any more, and nothing is looked at.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "init/net/connection.h"
#include "init/net/http_request.h"

enum {
    HEAD_PEEK = 4096,
    ANSWERS_A_TURN = 64,
};

static void go_blind(struct connection *connection)
{
    connection->answers.blind = true;
    connection->down.limit = UINT64_MAX;
}

void connection_answers_begin(struct connection *connection)
{
    connection->down.limit = 0;
}

void connection_answers_opaque(struct connection *connection)
{
    go_blind(connection);
}

void connection_asked(struct connection *connection, bool head)
{
    connection->answers.owed++;
    connection->answers.asked_at = connection->down.bytes;
    if (head)
        go_blind(connection);
}

void connection_asked_in_part(struct connection *connection)
{
    if (connection->answers.owed > 0)
        connection->answers.owed--;
    connection->answers.asked_at = UINT64_MAX;
}

/* At the end of one answer: is the next one there? */
static bool look(struct connection *connection)
{
    char bytes[HEAD_PEEK];
    struct http_length answer;
    if (!connection->server.readable)
        return false;
    ssize_t n = recv(connection->server.fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
    if (n <= 0 || connection->answers.owed == 0 ||
        http_read_answer(bytes, (size_t)n, &answer) < 0) {
        if (n < 0 && errno == EAGAIN) {
            connection->server.readable = false;
            return false;
        }
        go_blind(connection); /* the end, or an error, which the flow finds as well */
        return true;
    }
    connection->down.limit = answer.size;
    if (!answer.interim)
        connection->answers.owed--;
    return true;
}

static bool between(const struct connection *connection)
{
    return !connection->answers.blind && connection->down.limit == 0 &&
           connection->down.held == 0;
}

enum flow_state connection_move_answers(struct connection *connection)
{
    for (int i = 0; i < ANSWERS_A_TURN; i++) {
        if (between(connection) && !look(connection))
            return FLOW_WAITS;
        enum flow_state state = flow_move(&connection->down, &connection->server,
                                          &connection->client, &connection->gate->pipes);
        if (state != FLOW_WAITS || !between(connection))
            return state;
        if (connection->stage == STAGE_ANSWERS && connection->answers.owed == 0)
            return FLOW_WAITS;
    }
    return FLOW_GOES_ON;
}

/* --- the last word behind them ------------------------------------------------------------ */

/*
 * Where it is not known where the answers end, the server knows. It is left alone until it has
 * said something since it was last asked, and then was quiet for a while, for some take half a
 * connection for none and drop what they are about to say. Then it is told that no more
 * requests come, and ends the connection when it has answered. If it ends it unasked, that is
 * the answer's end or the server's own refusal, and a word behind it might be taken for part of
 * an answer: it is left out.
 */
static enum timer_kind patience(const struct connection *connection)
{
    if (!connection->answers.blind || connection->answers.asked_at == connection->down.bytes)
        return TIMER_IDLE;
    return connection->up.shut ? TIMER_DIAL : TIMER_LINGER;
}

void connection_answers(struct connection *connection)
{
    struct gate *gate = connection->gate;
    if (between(connection) && connection->answers.owed == 0) {
        connection_say_word(connection);
        return;
    }
    const uint64_t before = connection->down.bytes;
    switch (connection_move_answers(connection)) {
    case FLOW_BROKEN:
        connection_cut(connection);
        return;
    case FLOW_DONE:
        if (connection->up.shut)
            connection_say_word(connection);
        else
            connection_finish(connection, false);
        return;
    case FLOW_GOES_ON:
        reactor_again(&gate->reactor, &connection->server_watch);
        break;
    case FLOW_WAITS:
        break;
    }
    if (between(connection) && connection->answers.owed == 0)
        connection_say_word(connection);
    else if (connection->down.bytes > before)
        timer_set(&gate->reactor, &connection->timer, patience(connection));
}

void connection_wait_for_answers(struct connection *connection, const char *text, size_t length)
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
    timer_set(&connection->gate->reactor, &connection->timer, patience(connection));
    connection_answers(connection);
}

void connection_answers_expired(struct connection *connection)
{
    if (connection->timer.kind != TIMER_LINGER) {
        connection_cut(connection);
        return;
    }
    if (connection->down.held == 0) { /* else it is the client that is slow */
        (void)shutdown(connection->server.fd, SHUT_WR);
        connection->up.shut = true;
    }
    timer_set(&connection->gate->reactor, &connection->timer, TIMER_DIAL);
}
