/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A byte buffer with a cap. Every growth is bounded by `max`, so that no peer can make us
 * allocate without end; what would pass the cap fails and leaves the buffer as it was.
 * The bytes are always followed by a NUL that does not count.
 */
#ifndef CLAUDEX_SHARED_BUF_H
#define CLAUDEX_SHARED_BUF_H

#include <stddef.h>

#include "shared/cleanup.h"

struct buf {
    char *data; /* owned; NULL while nothing was ever written */
    size_t length;
    size_t capacity;
    size_t max; /* most bytes it may hold */
};

#define BUF_INIT(cap)                                                                          \
    {                                                                                          \
        .data = NULL, .length = 0, .capacity = 0, .max = (cap)                                 \
    }

/* All return 0, or -1 with errno E2BIG (past the cap) or ENOMEM. What is added must not lie in
 * the buffer itself, which may move. */
int buf_append(struct buf *b, const void *bytes, size_t length);
int buf_puts(struct buf *b, const char *text);
int buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Makes room for `length` more bytes and returns where they go, NULL on failure; the caller
 * adds to b->length what it really wrote. */
char *buf_reserve(struct buf *b, size_t length);
/* Drops the first `length` bytes (at most all). */
void buf_consume(struct buf *b, size_t length);
void buf_clear(struct buf *b);
/* The text, owned by the caller; "" (allocated) for an empty buffer, NULL when out of memory.
 */
char *buf_take(struct buf *b);
void buf_free(struct buf *b);

#define cleanup_buf cleanup_with(buf_free)

#endif
