/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "init/net/connection.h"
#include "init/net/http_head.h"

enum {
    ANSWER_PEEK = 4096, /* bytes of interim answers before a 101 */
    STEPS_A_TURN = 256, /* then others have one */
};

/*
 * Client to server on port 80. Bytes wait in a buffer until the request they belong to was
 * judged: [0, cleared) may pass, the rest is still to be looked at.
 */
struct http_side {
    struct http_stream stream;
    uint8_t bytes[HTTP_HEAD_MAX];
    size_t length, cleared;
    bool named; /* the first request said whom to dial */
    bool client_ended;
    bool goes_on; /* its turn is over, and there is more to do */
};

int http_side_open(struct connection *connection)
{
    connection->http = calloc(1, sizeof *connection->http);
    connection_answers_begin(connection);
    if (connection->http)
        return 0;
    connection_cut(connection);
    return -1;
}

void http_side_free(struct http_side *side)
{
    free(side);
}

int http_side_refuse(struct connection *connection, int status, const char *host,
                     const char *text)
{
    char answer[1024], body[640];
    int length = snprintf(body, sizeof body, "claudex: %s\n", text);
    length = snprintf(answer, sizeof answer,
                      "HTTP/1.1 %d Refused\r\n"
                      "Content-Type: text/plain\r\n"
                      "Content-Length: %d\r\n"
                      "Connection: close\r\n\r\n%s",
                      status, length, body);
    connection_refuse(connection, host, answer, (size_t)length);
    return -1;
}

static int refuse_host(struct connection *connection, const char *host)
{
    char text[512];
    (void)snprintf(
        text, sizeof text,
        "%.253s is not allowed from this box; on the host: docker claudex allow %.100s", host,
        host);
    connection->fault = NULL;
    return http_side_refuse(connection, 403, host, text);
}

/* One request's head. 0 its bytes may pass; -1 the connection is gone, or is being dialled and
 * called again when it is there. */
static int judge_request(struct connection *connection, const struct http_request *request)
{
    struct http_side *side = connection->http;
    struct gate *gate = connection->gate;
    const char *host = request->host.name;
    if (!decide_said(gate_policy(gate), gate_seconds(gate), host, connection->port))
        return refuse_host(connection, host);
    if (!side->named) {
        side->named = true;
        connection_asked(connection, request->head);
        connection_dial_name(connection, host);
        return -1;
    }
    /* A 101 can be told only from a server's first bytes: see http_head.h. */
    if (strcmp(host, connection->name) == 0 && !request->upgrade) {
        connection_asked(connection, request->head);
        return 0;
    }
    connection->fault = "it belongs on a connection of its own";
    /* RFC 9110 15.5.20: another connection will do. */
    return http_side_refuse(
        connection, 421, host,
        "one connection, one host, and an upgrade only at its beginning: ask for this "
        "on a connection of its own");
}

/* Cuts out of a head what must not pass. */
static void drop_field(struct http_side *side, const struct http_request *request)
{
    uint8_t *at = side->bytes + request->dropped_at;
    size_t behind = side->length - request->dropped_at - request->dropped;
    memmove(at, at + request->dropped, behind);
    side->length -= request->dropped;
    side->cleared -= request->dropped;
}

/* 1 some bytes were cleared, 0 more are needed, -1 as judge_request(). */
static int judge(struct connection *connection)
{
    struct http_side *side = connection->http;
    struct http_request request = {.why = ""};
    bool between = http_is_between(&side->stream);
    switch (http_feed(&side->stream, side->bytes, side->length, &side->cleared, &request)) {
    case HTTP_FEED_MORE:
        return 0;
    case HTTP_FEED_REQUEST:
        drop_field(side, &request);
        return judge_request(connection, &request) < 0 ? -1 : 1;
    case HTTP_FEED_BODY:
        return 1;
    case HTTP_FEED_HOLD:
        return 0;
    case HTTP_FEED_TUNNEL:
        side->cleared = side->length;
        return 1;
    case HTTP_FEED_BAD:
        break;
    }
    if (!between)
        connection_asked_in_part(connection);
    connection->fault = "the request was malformed";
    connection->fault_detail = request.why;
    return http_side_refuse(connection, request.status, connection->name, request.why);
}

/* 1 something was sent, 0 not now, -1 the connection is gone. */
static int pass_on(struct connection *connection)
{
    struct http_side *side = connection->http;
    if (connection->stage != STAGE_RELAY || !connection->server.writable)
        return 0;
    ssize_t n =
        send(connection->server.fd, side->bytes, side->cleared, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) {
        connection->server.writable = false;
        return 0;
    }
    if (n < 0) {
        connection_cut(connection);
        return -1;
    }
    side->length -= (size_t)n;
    side->cleared -= (size_t)n;
    memmove(side->bytes, side->bytes + n, side->length);
    connection->up.bytes += (uint64_t)n;
    return 1;
}

/* The rest of a body, or of all, without a look. As http_side_up(). */
static int move_unseen(struct connection *connection)
{
    struct http_side *side = connection->http;
    struct flow *up = &connection->up;
    uint64_t left = http_body_left(&side->stream);
    up->limit = left;
    enum flow_state state =
        flow_move(up, &connection->client, &connection->server, &connection->gate->pipes);
    http_body_moved(&side->stream, left - up->limit);
    side->client_ended = up->ended;
    if (state == FLOW_BROKEN) {
        connection_cut(connection);
        return -1;
    }
    if (state == FLOW_GOES_ON)
        side->goes_on = true;
    /* Through with this body: on to the next request. */
    return state == FLOW_WAITS && up->held == 0 && up->limit == 0;
}

static int read_more(struct connection *connection)
{
    struct http_side *side = connection->http;
    if (side->length == sizeof side->bytes) {
        connection->fault = "the request's head was too long";
        return http_side_refuse(connection, 431, connection->name,
                                "this request's head is too long");
    }
    if (!connection->client.readable)
        return 0;
    ssize_t n = recv(connection->client.fd, side->bytes + side->length,
                     sizeof side->bytes - side->length, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) {
        connection->client.readable = false;
        return 0;
    }
    if (n < 0) {
        connection_cut(connection);
        return -1;
    }
    side->length += (size_t)n;
    side->client_ended = n == 0;
    return 1;
}

/* The client has said all it will say. */
static int end_of_client(struct connection *connection)
{
    struct http_side *side = connection->http;
    if (side->length > 0 || !side->named) { /* in the middle of a head, or before any */
        connection_cut(connection);
        return -1;
    }
    if (connection->stage == STAGE_RELAY && !connection->up.shut) {
        (void)shutdown(connection->server.fd, SHUT_WR);
        connection->up.ended = connection->up.shut = true;
    }
    return 0;
}

/* What waits in the pipe goes before anything else. */
static bool may_move_unseen(const struct connection *connection)
{
    const struct http_side *side = connection->http;
    if (connection->up.held > 0)
        return true;
    return connection->stage == STAGE_RELAY && side->length == 0 && !side->client_ended &&
           http_body_left(&side->stream) > 0;
}

int http_side_up(struct connection *connection)
{
    struct http_side *side = connection->http;
    side->goes_on = false;
    for (int i = 0; i < STEPS_A_TURN; i++) {
        int step = 0;
        if (side->cleared > 0)
            step = pass_on(connection);
        else if (may_move_unseen(connection))
            step = move_unseen(connection);
        else if (http_is_held(&side->stream))
            return 0; /* the server's first bytes decide what the client's next ones are */
        else if (side->length > 0 && (step = judge(connection)) != 0)
            ; /* cleared, or gone */
        else if (side->client_ended)
            return end_of_client(connection);
        else
            step = read_more(connection);
        if (step <= 0)
            return step;
    }
    side->goes_on = true;
    return 0;
}

bool http_side_goes_on(const struct http_side *side)
{
    return side->goes_on;
}

void http_side_answer(struct connection *connection, bool *wait)
{
    struct http_side *side = connection->http;
    uint8_t first[ANSWER_PEEK];
    if (!http_is_held(&side->stream) || !connection->server.readable)
        return;
    ssize_t n = recv(connection->server.fd, first, sizeof first, MSG_PEEK | MSG_DONTWAIT);
    if (n < 0)
        return;
    enum http_answer answer = http_answer(first, (size_t)n);
    *wait = answer == HTTP_ANSWER_MORE && n > 0 && (size_t)n < sizeof first;
    if (*wait)
        return;
    http_answered(&side->stream, answer == HTTP_ANSWER_SWITCHING);
    if (answer == HTTP_ANSWER_SWITCHING)
        connection_answers_opaque(connection);
}
