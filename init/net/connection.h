/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One client and one server: from the accepted socket to the last byte. connection.c has its
 * life, connection_http.c what is special about port 80, where every request is looked at.
 */
#ifndef CLAUDEX_INIT_NET_CONNECTION_H
#define CLAUDEX_INIT_NET_CONNECTION_H

#include "init/net/decide.h"
#include "init/net/dial.h"
#include "init/net/gate.h"

enum stage {
    STAGE_LISTEN, /* for the first bytes, which say the name */
    STAGE_DIAL,   /* resolving and connecting */
    STAGE_RELAY,
    STAGE_REFUSED, /* the last word is out; what still comes is thrown away */
};

struct http_side;

struct connection {
    struct gate *gate;
    struct connection *previous, *next;
    enum stage stage;
    enum protocol protocol;
    struct watch client_watch, server_watch;
    struct end client, server;
    struct flow up, down;
    struct timer timer;
    struct address address; /* the client's destination */
    uint16_t port;
    char name[254];    /* dialled; or the address in words */
    bool by_address;   /* the destination itself is dialled */
    struct dial *dial; /* owned, while dialling */
    struct lookup_query *query;
    struct http_side *http; /* owned, PROTOCOL_HTTP only */
    uint64_t since;         /* reactor's clock */
};

/* Starts to dial `name`, which was allowed. */
void connection_dial_name(struct connection *connection, const char *name);
/* The last word: `text` (may be NULL) is sent, then the end. Logs the name. */
void connection_refuse(struct connection *connection, const char *name, const char *text,
                       size_t length);
/* Moves what can be moved; may end the connection, which then must not be touched. */
void connection_relay(struct connection *connection);

/* connection_http.c. The first two return -1 when the connection was ended or refused. */
int http_side_open(struct connection *connection);
void http_side_free(struct http_side *side);
/* Client to server: reads, judges and passes on. */
int http_side_up(struct connection *connection);
/* The server's first bytes, where a client waits for them to switch protocols; *wait: they must
 * not be passed on yet, for more are needed to tell. */
void http_side_answer(struct connection *connection, bool *wait);

#endif
