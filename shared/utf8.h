/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing past U+10FFFF. Pure.
 */
#ifndef CLAUDEX_SHARED_UTF8_H
#define CLAUDEX_SHARED_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length of the well-formed character that `text` begins with (1..4) and its code point; 0 if
 * there is none in `length` bytes. */
size_t utf8_character(const char *text, size_t length, uint32_t *point);

/* True if all of `length` bytes are well-formed. */
bool utf8_is_valid(const char *text, size_t length);

/* The offset of the first C0 or C1 control or DEL in well-formed text, `length` if there is
 * none. A terminal may obey any of them. */
size_t utf8_find_control(const char *text, size_t length);

#endif
