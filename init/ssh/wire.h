/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The data types of the SSH protocols, RFC 4251 5: reading them from bytes that somebody else
 * sent. Pure; nothing is copied, and what is read points into what was given.
 */
#ifndef CLAUDEX_INIT_SSH_WIRE_H
#define CLAUDEX_INIT_SSH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Some bytes of another's. */
struct bytes {
    const uint8_t *data; /* may be NULL where length is 0 */
    size_t length;
};

/* Each takes its value off the front of `from`. False where it is not all there, and then
 * neither has changed. */
bool wire_byte(struct bytes *from, uint8_t *value);
bool wire_number(struct bytes *from, uint32_t *value);     /* uint32 */
bool wire_string(struct bytes *from, struct bytes *value); /* string, mpint */
bool wire_skip(struct bytes *from, size_t count);          /* `count` strings */
bool wire_boolean(struct bytes *from, bool *value);        /* anything but 0 is true */

uint32_t wire_peek(const uint8_t at[4]);
void wire_put(uint8_t at[4], uint32_t value);

bool bytes_equal(struct bytes a, struct bytes b);
/* True for exactly that text. */
bool bytes_are(struct bytes bytes, const char *text);

#endif
