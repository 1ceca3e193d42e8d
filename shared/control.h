/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of the control FIFO. One request is one line of at most CONTROL_LINE_MAX bytes
 * (PIPE_BUF, so that concurrent writers cannot interleave, pipe(7)), one reply likewise:
 *
 *     request: ID SP WORD [SP ARGUMENT]… LF         e.g. "3f2a91c0 lockdown on"
 *     reply:   ID SP "ok"|"error" SP STATUS SP TEXT LF         "3f2a91c0 ok 0 lockdown"
 *
 * Exact: one blank between words, no byte below 0x20 and no 0x7f. ID is 8 to 32 hex digits in
 * small letters chosen by the caller; it names the reply FIFO `reply.ID` in the same folder.
 * STATUS is 0 ("ok") or 1 to 255 ("error"), TEXT may be empty. Pure parser and printer; owned
 * by both programs.
 */
#ifndef CLAUDEX_SHARED_CONTROL_H
#define CLAUDEX_SHARED_CONTROL_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/session.h"

enum {
    CONTROL_LINE_MAX = PIPE_BUF,
    CONTROL_ID_MAX = 32,
    CONTROL_REPLY_MS = 200,   /* how long a caller waits before it goes the other way */
    CONTROL_TOGGLE_MS = 5000, /* and where there is none: disks can be busy */
    CONTROL_PATTERN_MAX = 271,
    CONTROL_NUMBER_MAX = 1000 * 1000 * 1000, /* of what an argument may say */
};

enum control_word {
    CONTROL_STATUS,       /* status */
    CONTROL_MODE,         /* mode open|allowlist|api|lockdown|sealed */
    CONTROL_LOCKDOWN_ON,  /* lockdown on */
    CONTROL_LOCKDOWN_OFF, /* lockdown off: back to the mode before */
    CONTROL_SEVER,        /* lockdown sever: on, and cut what is established */
    CONTROL_TOGGLE,       /* lockdown toggle */
    CONTROL_RELOAD,       /* reload */
    CONTROL_ALLOW,        /* allow PATTERN [SECONDS]: a host, from now on, or that long */
    CONTROL_DENY,         /* deny PATTERN [SECONDS], which also cuts what it denies */
    CONTROL_FORGET,       /* forget PATTERN: neither allowed nor denied by hand any more */
    CONTROL_GRANTS,       /* grants FROM: what allow and deny left, a page of JSON */
    CONTROL_CONNECTIONS,  /* connections FROM: those of the gate, a page of JSON */
    CONTROL_DENIED,       /* denied FROM: what was refused, a page of JSON */
    CONTROL_ATTEND,   /* attend: an empty reply, and behind it, as long as the caller is at a
                         terminal, a line of JSON for each signature that it is asked about, as
                         init/questions.h has it */
    CONTROL_SIGN_YES, /* sign yes NUMBER: the answer to that question */
    CONTROL_SIGN_NO,  /* sign no NUMBER */
    CONTROL_FOLLOW,   /* follow: an empty reply, and behind it, until one of both ends, a line
                         of JSON for what is refused from now on, as an item of `denied` */
};

/*
 * A page is {"total": N, "items": [...]}, items from the FROMth on as far as the line goes; the
 * caller asks again from where it ended, until it has all or gets none.
 */

struct control_request {
    char id[CONTROL_ID_MAX + 1];
    enum control_word word;
    enum network_mode mode; /* for CONTROL_MODE; NETWORK_LOCKDOWN for the others */
    char pattern[CONTROL_PATTERN_MAX + 1]; /* of allow, deny, forget: parse_host_pattern()'s */
    uint32_t number; /* seconds, 0: none were said; or which is the first of a page */
};

struct control_reply {
    char id[CONTROL_ID_MAX + 1];
    int status; /* 0, or an exit status */
    char text[CONTROL_LINE_MAX];
};

/* `line` without its newline, any bytes. 0, or -1 with a static text of what is wrong. */
int control_request_parse(const char *line, size_t length, struct control_request *request,
                          const char **why);
/* Prints with the newline into out[CONTROL_LINE_MAX]; returns the length, -1 if it cannot be.
 */
int control_request_print(const struct control_request *request, char *out, size_t size);
/* The same for replies; the text is not quoted for a terminal: see term_quote(). */
int control_reply_parse(const char *line, size_t length, struct control_reply *reply);
int control_reply_print(const struct control_reply *reply, char *out, size_t size);

#endif
