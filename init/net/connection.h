/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One client and one server: from the accepted socket to the last byte. connection.c begins and
 * ends it, connection_dial.c connects to the server, connection_relay.c moves the bytes,
 * connection_refuse.c tells a client that it is refused, connection_http.c does what is special
 * about port 80, where every request is checked.
 */
#ifndef CLAUDEX_INIT_NET_CONNECTION_H
#define CLAUDEX_INIT_NET_CONNECTION_H

#include "init/net/decide.h"
#include "init/net/dial.h"
#include "init/net/gate.h"
#include "init/net/relay.h"

enum stage {
    STAGE_LISTEN, /* waiting for the client's first bytes, which say the name */
    STAGE_DIAL,   /* resolving and connecting */
    STAGE_RELAY,
    STAGE_CARRIED, /* handed on to a carrier: this process has closed its descriptors */
    STAGE_ANSWERS, /* refused, but the server has still to answer earlier requests */
    STAGE_REFUSED, /* the client was told; what it still sends is thrown away */
};

struct http_side;

/* What is known of a server's answers on port 80; used by connection_answers.c. */
struct answers {
    unsigned owed;     /* answers that have not begun */
    uint64_t asked_at; /* how many bytes the server had sent at the time of the last request */
    bool blind;        /* it is no longer known where the answers end */
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
    uint32_t held;          /* a synthetic address, held in the table of names; 0: none */
    uint16_t port;
    char name[254];                   /* the name dialled; or the address as text */
    bool named;                       /* the client's destination is a name */
    const char *fault, *fault_detail; /* for gate_refused_for() */
    bool by_address;                  /* the destination itself is dialled */
    struct carried_at at;             /* STAGE_CARRIED only */
    struct dial *dial;                /* owned, while dialling */
    struct lookup_query *query;
    struct http_side *http; /* owned, PROTOCOL_HTTP only */
    char *word;             /* owned: the text about the refusal, sent after the answers */
    size_t word_length, word_sent;
    struct answers answers; /* PROTOCOL_HTTP only */
    uint64_t since;         /* reactor's clock */
};

/* Ends and frees it. `reset`: both peers see a reset, not a regular end. */
void connection_finish(struct connection *connection, bool reset);
void connection_close_ends(struct connection *connection, bool reset);
void connection_drop_server(struct connection *connection);

/* connection_dial.c. Dials a name that was allowed, or the destination itself. */
void connection_dial_name(struct connection *connection, const char *name);
void connection_dial_address(struct connection *connection);
void connection_stop_dialling(struct connection *connection);

/* connection_relay.c. Moves what can be moved; may end the connection, which then must not be
 * touched. */
void connection_relay(struct connection *connection);
void connection_server_ready(struct watch *watch, uint32_t events);

/* connection_refuse.c. Refuses the client: sends `text` (may be NULL), then the end, and logs
 * the name. If requests have passed before, their answers come first. */
void connection_refuse(struct connection *connection, const char *name, const char *text,
                       size_t length);
void connection_refuse_tls(struct connection *connection, const char *name);
/* Reads and throws away what a refused client still sends. */
void connection_discard(struct connection *connection);
/* Sends as much of connection->word as the socket takes now. */
void connection_say_word(struct connection *connection);
enum gate_via connection_via(const struct connection *connection);

/* connection_answers.c. In this order: must be called before the first request; notes that a
 * request was passed on (`head`: a HEAD); notes that the last one will never be whole; notes
 * that what the server sends from now on are no answers any more. */
void connection_answers_begin(struct connection *connection);
void connection_asked(struct connection *connection, bool head);
void connection_asked_in_part(struct connection *connection);
void connection_answers_opaque(struct connection *connection);
/* Moves bytes from server to client; returns as flow_move(). */
enum flow_state connection_move_answers(struct connection *connection);
/* The first enters STAGE_ANSWERS: `text` is sent after the answers that are owed. The others
 * are for that stage: one moves what can be moved, one is called when the timer expires. All
 * may end the connection. */
void connection_wait_for_answers(struct connection *connection, const char *text,
                                 size_t length);
void connection_answers(struct connection *connection);
void connection_answers_expired(struct connection *connection);

/* connection_http.c. The first two return -1 when the connection was ended or refused. */
int http_side_open(struct connection *connection);
void http_side_free(struct http_side *side);
/* Client to server: reads requests, checks them and passes them on. */
int http_side_up(struct connection *connection);
/* True if its turn is over, but there is more to do. */
bool http_side_goes_on(const struct http_side *side);
/* Answers in place of the server, and logs a refusal. Always -1: the caller must not use the
 * connection any more. */
int http_side_refuse(struct connection *connection, int status, const char *host,
                     const char *text);
/* Looks at the server's first bytes if a client waits for them to switch protocols. *wait: they
 * must not be passed on yet, because more of them are needed to tell. */
void http_side_answer(struct connection *connection, bool *wait);

#endif
