/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Certificate authorities that the box has to trust beside Debian's: those the user names, and
 * those that this machine trusts although Debian does not ship them (a company's proxy).
 */
#ifndef CLAUDEX_PLUGIN_IMAGE_CA_H
#define CLAUDEX_PLUGIN_IMAGE_CA_H

#include <stddef.h>

#include "shared/error.h"
#include "shared/session.h"

enum { AUTHORITIES_MAX = 64, AUTHORITY_FILE_MAX = 1 << 20 };

/* Each one certificate as PEM text (RFC 7468), none twice, sorted by name. */
struct authorities {
    struct authority {
        char name[32]; /* "claudex-<16 hex>.crt", by content */
        char *pem;     /* owned */
    } * items;
    size_t count;
};
void authorities_free(struct authorities *authorities);

/*
 * The certificates in the files `named` by the user, each of which must have one, and what is
 * found on this machine: NODE_EXTRA_CA_CERTS, SSL_CERT_FILE, and the folders where
 * update-ca-certificates(8) and update-ca-trust(8) expect additions. 0 or -1.
 */
int authorities_find(struct authorities *authorities, const struct strings *named,
                     struct error *err);

/* The certificates in a text, and no others. 0 or -1. */
int authorities_read(struct authorities *authorities, const char *pem, struct error *err);

/* The next certificate in text from *at on: its bytes between and without the lines of BEGIN
 * and END; moves *at behind it. NULL when there is none. Pure. */
const char *pem_next(const char *text, size_t length, size_t *at, size_t *size);

#endif
