/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first bytes of a TLS connection: is it a ClientHello, and for which name? Pure; nothing
 * is decrypted. TLS 1.0..1.3 records (RFC 8446 5.1), handshake messages that span records and
 * segments, server_name (RFC 6066 3).
 *
 * Encrypted ClientHello (RFC 9849): a hello that hides another one within carries extension
 * 0xfe0d of the outer form. So does one that pretends to (GREASE, RFC 9849 6.2), and nobody
 * but the server can tell the two apart; that is what GREASE is for, and Chrome and Firefox
 * send it always. What differs is server_name: with GREASE it is the name that the client
 * wants, with real ECH the name of the server that holds the key (`public_name`). Hence `name`
 * is always the outer one, which alone decides where the connection goes. `ech` only says that
 * there may be another name inside, which can only be a host that the server called `name`
 * serves itself. A client learns keys from HTTPS records, which our resolver never gives out.
 * The gate decides about such hellos by the outer name: refusing them would break browsers
 * everywhere, and would only deny an agent what domain fronting within an allowed site gives it
 * anyway.
 */
#ifndef CLAUDEX_INIT_NET_HELLO_H
#define CLAUDEX_INIT_NET_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HELLO_MAX = 32 * 1024,   /* bytes looked at; post-quantum key shares need about 2 KiB */
    HELLO_RECORDS_MAX = 128, /* records that one hello may span */
    HELLO_EXTENSIONS_MAX = 128,
};

enum hello_verdict {
    HELLO_MORE,    /* incomplete so far; wait for more bytes */
    HELLO_NAME,    /* complete: name is filled */
    HELLO_NO_NAME, /* complete, without server_name */
    HELLO_BAD,     /* no ClientHello, or a malformed or oversize one: `why` says */
};

struct hello {
    char name[254];  /* server_name, lower case, is_host_name(); else "" */
    bool ech;        /* an encrypted_client_hello extension of the outer form is there */
    const char *why; /* of HELLO_BAD, static; else NULL */
};

/* `bytes` are the connection's first `length` bytes, at each call from the very beginning; what
 * follows the hello is not looked at. Returns HELLO_BAD as soon as it is certain, and never
 * HELLO_MORE for HELLO_MAX bytes or more. */
enum hello_verdict hello_parse(const uint8_t *bytes, size_t length, struct hello *hello);

#endif
