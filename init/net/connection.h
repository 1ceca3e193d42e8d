/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One client and one server: from the accepted socket to the last byte. connection.c has its
 * beginning and end, connection_dial.c the way to the server, connection_relay.c the bytes,
 * connection_refuse.c the last word, connection_http.c what is special about port 80, where
 * every request is looked at.
 */
#ifndef CLAUDEX_INIT_NET_CONNECTION_H
#define CLAUDEX_INIT_NET_CONNECTION_H

#include "init/net/decide.h"
#include "init/net/dial.h"
#include "init/net/gate.h"
#include "init/net/relay.h"

enum stage {
    STAGE_LISTEN, /* for the first bytes, which say the name */
    STAGE_DIAL,   /* resolving and connecting */
    STAGE_RELAY,
    STAGE_CARRIED, /* by one of the carriers: there are no descriptors here any more */
    STAGE_ANSWERS, /* refused, but what was asked for before is still to be answered */
    STAGE_REFUSED, /* the last word is out; what still comes is thrown away */
};

struct http_side;

/* What is known of a server's answers on port 80; connection_answers.c's. */
struct answers {
    unsigned owed;     /* that have not begun */
    uint64_t asked_at; /* the server had sent so many bytes when it was asked last */
    bool blind;        /* where they end is not known any more */
};

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
    uint32_t held;          /* a synthetic one, held in the table of names; 0: none */
    uint16_t port;
    char name[254];                   /* dialled; or the address in words */
    bool named;                       /* the client's destination is a name */
    const char *fault, *fault_detail; /* gate_refused_for()'s */
    bool by_address;                  /* the destination itself is dialled */
    struct carried_at at;             /* STAGE_CARRIED only */
    struct dial *dial;                /* owned, while dialling */
    struct lookup_query *query;
    struct http_side *http; /* owned, PROTOCOL_HTTP only */
    char *word;             /* owned: what is said of the refusal behind the answers */
    size_t word_length, word_sent;
    struct answers answers; /* PROTOCOL_HTTP only */
    uint64_t since;         /* reactor's clock */
};

/* Ends it, with a reset both ways or as it comes. */
void connection_finish(struct connection *connection, bool reset);
void connection_close_ends(struct connection *connection, bool reset);
void connection_drop_server(struct connection *connection);

/* connection_dial.c: a name that was allowed, or the destination itself. */
void connection_dial_name(struct connection *connection, const char *name);
void connection_dial_address(struct connection *connection);
void connection_stop_dialling(struct connection *connection);

/* connection_relay.c. Moves what can be moved; may end the connection, which then must not be
 * touched. */
void connection_relay(struct connection *connection);
void connection_server_ready(struct watch *watch, uint32_t events);

/* connection_refuse.c. The last word: `text` (may be NULL) is sent, then the end. Logs the
 * name. Where requests have passed before, their answers come first. */
void connection_refuse(struct connection *connection, const char *name, const char *text,
                       size_t length);
void connection_refuse_tls(struct connection *connection, const char *name);
/* What a refused client still sends. */
void connection_discard(struct connection *connection);
/* Sends connection->word, as far as it goes now. */
void connection_say_word(struct connection *connection);
enum gate_via connection_via(const struct connection *connection);

/* connection_answers.c. Before the first request; a request was passed on (`head`: a HEAD); the
 * last one will never be whole; what follows are no answers any more. */
void connection_answers_begin(struct connection *connection);
void connection_asked(struct connection *connection, bool head);
void connection_asked_in_part(struct connection *connection);
void connection_answers_opaque(struct connection *connection);
/* Server to client, as flow_move(). */
enum flow_state connection_move_answers(struct connection *connection);
/* To say `text` behind the answers that are owed; then, in STAGE_ANSWERS, moves what can be
 * moved; and what its timer means. All may end the connection. */
void connection_wait_for_answers(struct connection *connection, const char *text,
                                 size_t length);
void connection_answers(struct connection *connection);
void connection_answers_expired(struct connection *connection);

/* connection_http.c. The first two return -1 when the connection was ended or refused. */
int http_side_open(struct connection *connection);
void http_side_free(struct http_side *side);
/* Client to server: reads, judges and passes on. */
int http_side_up(struct connection *connection);
/* Its turn ended before there was nothing to do any more. */
bool http_side_goes_on(const struct http_side *side);
/* An answer in the server's place, logged as refused. Always -1: the connection is not the
 * caller's any more. */
int http_side_refuse(struct connection *connection, int status, const char *host,
                     const char *text);
/* The server's first bytes, where a client waits for them to switch protocols; *wait: they must
 * not be passed on yet, for more are needed to tell. */
void http_side_answer(struct connection *connection, bool *wait);

#endif
