/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What PID 1 and the ssh proxy tell each other over their socket pair (SOCK_SEQPACKET): one
 * message a packet. Pure. PID 1 trusts none further than its form: a proxy that was taken over
 * can lie about signatures and ask for connections to the host's agent, and nothing else.
 */
#ifndef CLAUDEX_INIT_SSH_MESSAGE_H
#define CLAUDEX_INIT_SSH_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "init/ssh/identities.h"
#include "init/ssh/key.h"

enum { MESSAGE_MAX = 512, SIGNATURE_NAME = 64 };

enum message_kind {
    /* to PID 1 */
    MESSAGE_WANT = 1,  /* one more connection to the host's agent */
    MESSAGE_SIGNATURE, /* one was made, or asked for in vain */
    MESSAGE_QUESTION,  /* number: may there be this one? In the place of an earlier question */
    MESSAGE_WITHDRAWN, /* number: nobody waits for that answer any more */
    /* to the proxy, in the order of the wishes */
    MESSAGE_GIVEN, /* its descriptor comes along (SCM_RIGHTS, unix(7)) */
    MESSAGE_NONE,  /* error: an errno */
    /* to the proxy */
    MESSAGE_CONSENT, /* number, consent: the answer to that question */
};

enum consent {
    CONSENT_NO,
    CONSENT_YES,
    CONSENT_NOBODY, /* there is no terminal to ask at */
    CONSENTS,
};

enum signature_result {
    SIGNATURE_MADE,
    SIGNATURE_FAILED,     /* the host's agent did not */
    SIGNATURE_HIDDEN,     /* not a key that was chosen */
    SIGNATURE_LIMITED,    /* too many in the last minute, or too many that wait for a yes */
    SIGNATURE_CONFIRMED,  /* made, after a yes */
    SIGNATURE_REFUSED,    /* a no */
    SIGNATURE_UNANSWERED, /* neither, in the time there is for it */
    SIGNATURE_UNASKED,    /* nobody was there to be asked */
    SIGNATURE_RESULTS,
};
const char *signature_result_name(enum signature_result result);

/* Texts have gone through term_quote(); "" for what is not known. */
struct signature {
    enum signature_result result;
    char key[KEY_FINGERPRINT];
    char comment[IDENTITY_COMMENT];
    char host_key[KEY_FINGERPRINT]; /* of the server that it is for */
    char user[SIGNATURE_NAME];      /* there */
    char service[SIGNATURE_NAME];   /* "ssh-connection" */
    char namespace[SIGNATURE_NAME]; /* of a message: "git", "file" */
};

struct message {
    enum message_kind kind;
    int error;
    uint32_t number;
    enum consent consent;
    struct signature signature;
};

/* Returns the length, at most MESSAGE_MAX. */
size_t message_print(const struct message *message, uint8_t out[MESSAGE_MAX]);
/* 0, or -1 for anything that message_print() would not have written. */
int message_parse(const uint8_t *bytes, size_t length, struct message *message);

#endif
