/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fingerprints of public keys as `ssh-add -l` shows them: "SHA256:" and base64 without padding
 * (ssh-keygen(1), -l). That of a certificate is its key's, PROTOCOL.certkeys. Pure.
 */
#ifndef CLAUDEX_INIT_SSH_KEY_H
#define CLAUDEX_INIT_SSH_KEY_H

#include "init/ssh/wire.h"

enum {
    KEY_DIGEST = 32,          /* bytes of SHA-256 */
    KEY_FINGERPRINT = 50 + 1, /* characters, and the NUL */
};

/* Of the very bytes: tells apart a key and its certificates. */
void key_digest(struct bytes key, uint8_t out[KEY_DIGEST]);

/* A certificate of no known type, or one that is cut off, has the fingerprint of its bytes. */
void key_fingerprint(struct bytes key, char out[KEY_FINGERPRINT]);

#endif
