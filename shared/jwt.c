/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/jwt.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "shared/cleanup.h"

/* RFC 4648 5. */
static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Four of these make three bytes; what is left over at the end makes one or two. Returns how
 * many, 0 for other letters. `bytes` has room for three quarters. */
static size_t decode(const char *text, size_t length, unsigned char *bytes)
{
    size_t count = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < length; i++) {
        const char *at = text[i] ? strchr(alphabet, text[i]) : NULL;
        if (!at)
            return 0;
        bits = bits << 6 | (uint32_t)(at - alphabet);
        if (i % 4 != 0)
            bytes[count++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
    }
    return count;
}

json_t *jwt_claims(const char *token)
{
    const char *begin = strchr(token, '.');
    const char *end = begin ? strchr(begin + 1, '.') : NULL;
    if (!end)
        return NULL;
    size_t length = (size_t)(end - ++begin);
    cleanup_free unsigned char *bytes = malloc(length + 1);
    if (!bytes)
        return NULL;
    size_t count = decode(begin, length, bytes);
    json_t *claims = json_loadb((const char *)bytes, count, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(claims))
        return claims;
    json_decref(claims);
    return NULL;
}
