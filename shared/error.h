/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a failure travels up to the one place that prints it.
 *
 * A function that can fail takes a `struct error *` last, returns -1 or NULL, and has filled
 * it: what failed, on what, why, and where it helps what to do. Text that is not ours must
 * have gone through term_quote() (log.h) on its way in.
 */
#ifndef CLAUDEX_SHARED_ERROR_H
#define CLAUDEX_SHARED_ERROR_H

#include <stdarg.h>

enum { ERROR_TEXT_MAX = 2048 };

struct error {
    int status;                /* exit status it should lead to: EXIT_CLAUDEX or EXIT_USAGE */
    char text[ERROR_TEXT_MAX]; /* one or more lines, no trailing newline, no "claudex: " */
};

#define ERROR_INIT                                                                             \
    {                                                                                          \
        .status = 0, .text = ""                                                                \
    }

/* Both fill *err with EXIT_CLAUDEX and return -1, so that `return error_set(err, …)` reads
 * well. A text too long is cut. err must not be NULL. */
int error_set(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same, followed by ": " and the words for errno as it was at the call. */
int error_errno(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* As error_set, with EXIT_USAGE. */
int error_usage(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Puts "…: " in front of a text that is already there. Returns -1. */
int error_prefix(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
