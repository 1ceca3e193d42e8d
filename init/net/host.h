/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hosts as clients name them, in a TLS hello or an HTTP request, in the one form that rules and
 * resolver know: lower case, no trailing dot. Pure.
 */
#ifndef CLAUDEX_INIT_NET_HOST_H
#define CLAUDEX_INIT_NET_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOST_NAME_SIZE = 254 }; /* with NUL */

/* Copies a host name (is_host_name()) of exactly these bytes to `name`, in lower case. False
 * for anything else, an address literal included; `name` is then undefined. */
bool host_name(const uint8_t *bytes, size_t length, char name[HOST_NAME_SIZE]);

struct host {
    char name[HOST_NAME_SIZE]; /* or an address as inet_ntop(3) writes it, without brackets */
    bool literal;              /* it is an address */
    uint16_t port;             /* 0 if none was named */
};

/* host[":"port] of RFC 9110 7.2: a name (one trailing dot is dropped), a dotted quad, or a v6
 * address in brackets, without a zone. False for anything else. */
bool host_authority(const char *text, size_t length, struct host *host);

#endif
