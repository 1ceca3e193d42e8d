/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program says on stderr: "NAME: text", also in front of every further line of a text.
 * stdout is for results.
 */
#ifndef CLAUDEX_SHARED_LOG_H
#define CLAUDEX_SHARED_LOG_H

#include <stddef.h>

struct error;

/* The word in front of every line; the string must outlive the program. Default "claudex". */
void log_name(const char *name);
/* -q: info() says nothing any more. */
void log_quiet(int quiet);

void info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* What somebody is going to answer: a text of any length (or NULL), whole and also with -q, the
 * name in front of every line; with a question behind it (not NULL), which has no line end. 0,
 * or -1 where it was not shown. */
int log_ask(const char *text, const char *question);

/* Prints and exits. For set-up code only: after PID 1's marked line nothing may call it. */
void die(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3), noreturn));
/* die() with what err says. */
void die_error(const struct error *err) __attribute__((noreturn));

/*
 * Makes `length` bytes that somebody else chose safe for a terminal and for one log line.
 * Printable ASCII except backslash, and well-formed UTF-8 (RFC 3629) outside the controls, the
 * bidi controls, what shows nothing and the line and paragraph separators (Unicode 15), stay;
 * all else becomes \xNN, a backslash \\. Writes at most `size` bytes with the final NUL (size >
 * 0); a text that does not fit ends in "...", whole characters only. Returns `out`.
 */
char *term_quote(char *out, size_t size, const char *text, size_t length);

/* The same for a C string into one of a few rotating static buffers of 256 bytes: fit for the
 * arguments of one message; valid until eight further calls. Not for threads. */
const char *quoted(const char *text);

#endif
