/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the agent may ask of the box: `claudex WORD …` inside. Each worker that has something to
 * say has a service, a socket BOX_PUBLIC/NAME.sock (unix(7), SOCK_SEQPACKET), that PID 1 binds
 * and hands to it; PID 1 reads nothing from it.
 *
 * One packet each way, then the end. A request is one line of text without its newline, at
 * most INSIDE_REQUEST_MAX bytes: a word, and what belongs to it behind a blank. A reply is one
 * byte, the exit status, and text of any number of lines. A service answers within its worker's
 * own loop, never waits for a client, has few of them at a time, and answers so many a second.
 */
#ifndef CLAUDEX_INIT_INSIDE_TALK_H
#define CLAUDEX_INIT_INSIDE_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/error.h"

#define INSIDE_GATE "gate" /* why, ask: init/net/gate_inside.c */

enum {
    INSIDE_REQUEST_MAX = 1024,
    INSIDE_REPLY_MAX = 16 * 1024,
    INSIDE_CLIENTS_MAX = 8,
    INSIDE_SECONDS = 5, /* until a client must have said what it wants */
};

/* --- a service ---------------------------------------------------------------------------- */

/* PID 1: the listening socket of a service, non-blocking and close-on-exec, that everybody in
 * the box may connect to. -1 with *err. */
int inside_bind(const char *service, struct error *err);

/* A client that came in, non-blocking; -1 with errno when there is none. */
int inside_accept(int listener);

enum inside_read {
    INSIDE_WAITS,   /* it has not said anything yet */
    INSIDE_REQUEST, /* request is filled: printable, ended by NUL */
    INSIDE_GONE,    /* or not a client of ours: close it */
};
enum inside_read inside_read(int fd, char request[INSIDE_REQUEST_MAX + 1]);

/* Sends the reply, cut where it is too long. The descriptor stays the caller's to close. */
void inside_reply(int fd, int status, const char *text);

/* The next word of what `*rest` points at, which is moved behind it and its blank; "" at the
 * end. Writes into the text. */
char *inside_word(char **rest);

/* So many things a second, and as many at once. Zero-initialised. */
struct inside_rate {
    uint64_t last; /* milliseconds */
    uint32_t spent;
};
/* True if one more may be done now; `now` in milliseconds, one is given back every `each`. */
bool inside_may(struct inside_rate *rate, uint64_t now, uint32_t each, uint32_t at_once);

/* --- a client ----------------------------------------------------------------------------- */

struct inside_answer {
    int status;
    char text[INSIDE_REPLY_MAX + 1];
};
/* 0 when there was an answer, else -1 with *err. */
int inside_call(const char *service, const char *request, struct inside_answer *answer,
                struct error *err);

#endif
