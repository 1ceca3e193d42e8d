/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sections of lines, as HTTP/1 has them before a body and behind a chunked one (RFC 9112 2.2, 5
 * and 7.1.2). Pure. Only the form that every parser reads in the same way is accepted: lines
 * end in CR LF, which is nowhere else, no line is folded, there are no control bytes, names are
 * tokens (RFC 9110 5.6.2), and the colon follows them at once.
 */
#ifndef CLAUDEX_INIT_NET_HTTP_FIELDS_H
#define CLAUDEX_INIT_NET_HTTP_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Part of a section; borrowed, without NUL. */
struct http_text {
    const char *at;
    size_t length;
};

struct http_field {
    struct http_text name, value; /* the value without the blanks around it */
};

/* The size of the section that `bytes` begin with, its empty line included. 0 while that line
 * has not come: the caller gives the same bytes again with more behind them, and *scanned, 0 at
 * first, remembers how far they were searched. -1 with *why for what is refused, as soon as it
 * is seen. A trailer may be the empty line alone, a head may not. */
ssize_t http_section(const uint8_t *bytes, size_t length, bool trailer, size_t *scanned,
                     const char **why);

/* Takes the first line, without its end, from `lines`, which are whole lines of a section. */
struct http_text http_next_line(struct http_text *lines);
/* A line as a field, or false. */
bool http_field(struct http_text line, struct http_field *field);

/* Takes the next element from a comma-separated list (RFC 9110 5.6.1), without the blanks
 * around it; false at the end. Elements may be empty. */
bool http_next_element(struct http_text *list, struct http_text *element);

/* Compares without regard to case; `word` is lower case. */
bool http_is(struct http_text text, const char *word);

#endif
