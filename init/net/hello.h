/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first bytes of a TLS connection: is it a ClientHello, and for which name? Pure; nothing
 * is decrypted. TLS 1.0..1.3 records (RFC 8446 5.1), handshake messages that span records and
 * segments, server_name (RFC 6066 3).
 *
 * Encrypted ClientHello (RFC 9849): a hello that hides another one within carries extension
 * 0xfe0d of the outer form. So does one that pretends to (GREASE, RFC 9849 6.2), and nobody
 * but the server can tell the two apart; that is what GREASE is for, and Chrome and Firefox
 * send it always. What differs is server_name: in GREASE it is the name that is meant, in the
 * real thing that of whoever holds the key (`public_name`). Hence `name` is always the outer
 * one, the only one that decides where the connection goes, and `ech` only says that there may
 * be another name behind it, which can be no host but one that the server called `name` serves
 * itself. A client learns keys from HTTPS records, which our resolver never gives out. The gate
 * lets such hellos pass by that name: to refuse them would break browsers everywhere, and keep
 * from an agent no more than domain fronting within an allowed site gives it anyway.
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

/* `bytes` are the connection's first `length` bytes, from its very beginning at each call; what
 * follows the hello is not looked at. HELLO_BAD comes as early as it is certain, and
 * HELLO_MORE never with HELLO_MAX bytes or more. */
enum hello_verdict hello_parse(const uint8_t *bytes, size_t length, struct hello *hello);

#endif
