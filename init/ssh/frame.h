/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What passes between an ssh client and an ssh-agent: frames of a length (uint32), a type (one
 * byte) and contents, RFC 9987; and what of it passes here. Pure.
 *
 * A request that is not one of the four below, or is not exactly of its form, is refused with
 * SSH_AGENT_FAILURE by us and never seen by the host's agent.
 */
#ifndef CLAUDEX_INIT_SSH_FRAME_H
#define CLAUDEX_INIT_SSH_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/ssh/wire.h"

enum {
    FRAME_LENGTH = 4,       /* bytes of the length */
    FRAME_MAX = 256 * 1024, /* bytes that follow it; AGENT_MAX_LEN, ssh-agent.c */
    FRAME_WHOLE_MAX = FRAME_LENGTH + FRAME_MAX,
};

/* Those that pass, one way or the other. */
enum frame_type {
    AGENT_FAILURE = 5,
    AGENT_SUCCESS = 6,
    AGENT_REQUEST_IDENTITIES = 11,
    AGENT_IDENTITIES_ANSWER = 12,
    AGENT_SIGN_REQUEST = 13,
    AGENT_SIGN_RESPONSE = 14,
    AGENT_EXTENSION = 27,
    AGENT_EXTENSION_FAILURE = 28,
    AGENT_EXTENSION_RESPONSE = 29,
};

/* The whole answer of who refuses. */
#define FRAME_FAILURE "\0\0\0\1\5"
enum { FRAME_FAILURE_LENGTH = sizeof FRAME_FAILURE - 1 };

/*
 * How many bytes the frame has that these begin with, its length included: FRAME_LENGTH where
 * not even that is there; 0 for a length that no frame has (none, or more than FRAME_MAX). It
 * is whole where `length` is no less.
 */
size_t frame_size(const uint8_t *bytes, size_t length);

enum request_kind {
    REQUEST_REFUSED, /* anything that does not pass */
    REQUEST_LIST,
    REQUEST_SIGN,
    REQUEST_BIND,  /* session-bind@openssh.com, PROTOCOL.agent 1 */
    REQUEST_QUERY, /* which extensions there are, RFC 9987 */
};

struct request {
    enum request_kind kind;
    struct bytes key, data;         /* SIGN: the public key, what is to be signed */
    struct bytes host_key, session; /* BIND: whose, which */
    bool forwarding;                /* BIND: the agent is passed on to that host */
};

/* Of a whole frame's contents, the length left out: the type and what follows. */
void frame_request(struct bytes frame, struct request *request);

/* True for contents that are an answer to such a request, whole and nothing after it. */
bool frame_answers(enum request_kind asked, struct bytes frame);

#endif
