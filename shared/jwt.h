/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a JSON Web Token (RFC 7519) says, without asking whether that is true: its signature is
 * its issuer's to check. Pure; anybody may have written it.
 */
#ifndef CLAUDEX_SHARED_JWT_H
#define CLAUDEX_SHARED_JWT_H

#include <jansson.h>

/* The object in the middle of the compact form (RFC 7515 7.1), a new reference; NULL for
 * anything else. */
json_t *jwt_claims(const char *token);

#endif
