/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One client of the ssh proxy: for the files of the proxy alone. */
#ifndef CLAUDEX_INIT_SSH_CLIENT_H
#define CLAUDEX_INIT_SSH_CLIENT_H

#include "init/net/reactor.h"
#include "init/ssh/frame.h"
#include "init/ssh/key.h"
#include "init/ssh/proxy.h"
#include "init/ssh/upstream.h"
#include "shared/buf.h"

enum {
    CLIENT_BINDS_MAX = 16, /* AGENT_MAX_SESSION_IDS, ssh-agent.c */
};

/* A session that the agent has accepted as this connection's. */
struct bind {
    uint8_t session[KEY_DIGEST]; /* SHA-256 of its identifier */
    char host_key[KEY_FINGERPRINT];
};

enum client_state {
    CLIENT_READS,   /* a request */
    CLIENT_PARKED,  /* until somebody has said whether it may have its signature */
    CLIENT_WAITS,   /* for a connection to the agent */
    CLIENT_ASKS,    /* writes to the agent, reads its answer */
    CLIENT_ANSWERS, /* writes to the client */
};

struct client {
    struct proxy *proxy;
    struct watch near;
    struct upstream *far; /* NULL: none */
    struct timer timer;
    enum client_state state;
    bool last;      /* after this answer, no more */
    bool used;      /* the connection to the agent was another's before, and may be stale */
    bool bound;     /* something was to be bound to it, with success or without */
    bool idle;      /* in the proxy's row of these */
    bool listing;   /* what is asked is our own question, which keys there are */
    struct buf in;  /* the request, and perhaps the beginning of the next */
    struct buf out; /* to be written: to the agent, to the client */
    struct buf answer;
    size_t written;              /* of `out` */
    size_t held_in, held_answer; /* of proxy->buffered */
    struct request request;      /* points into `in` */
    struct signature signature;
    struct bind *binds; /* owned; NULL while there is none */
    size_t bind_count;
    struct client *previous, *next; /* all */
    struct client *before, *behind; /* in a row of the proxy's */
};

/* transfer.c */
enum reading { FRAME_IS_WHOLE, FRAME_IS_COMING, FRAME_NEVER, FRAME_BAD };
/* `frame` may end in the beginning of the next. `held` counts its bytes, until
 * client_release().
 */
enum reading client_read(struct client *client, int fd, struct buf *frame, size_t *held);
void client_release(struct client *client, size_t *held);
/* 1: all of `out` is written; 0: it takes no more now, and ready() follows; -1: it never will.
 */
int client_write(struct client *client, struct watch *watch);
bool client_put_out(struct client *client, const void *frame, size_t length);
struct bytes client_contents(const struct buf *frame); /* of the whole one it begins with */
struct bytes client_frame(const struct buf *frame);    /* with its length */

/* client.c */
void client_set_timer(struct client *client, enum timer_kind kind);
/* The connection to the agent was closed by us. */
void client_drop_upstream(struct client *client);

/* exchange.c. Each leads to another state. */
void exchange_begin(struct client *client);  /* with the request in `in` */
void exchange_answer(struct client *client); /* the agent's is in `answer` */
void exchange_upstream(struct client *client, struct upstream *upstream, bool used);
void exchange_no_upstream(struct client *client);
void exchange_consented(struct client *client, enum consent consent);
void exchange_unanswered(struct client *client);
void exchange_lost(struct client *client); /* the agent's end, or its nonsense */
void exchange_fail(struct client *client);

#endif
