/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * <ctype.h> without the locale: the names and units we read are ASCII wherever we run.
 */
#ifndef CLAUDEX_SHARED_ASCII_H
#define CLAUDEX_SHARED_ASCII_H

#include <stdbool.h>

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline bool is_letter(char c)
{
    return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

/* C0 and DEL; a byte of a UTF-8 sequence is none. */
static inline bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

#endif
