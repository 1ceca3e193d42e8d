/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/cleanup.h"
#include "shared/error.h"
#include "shared/utf8.h"

static const char *program = "claudex";
static int be_quiet;

void log_name(const char *name)
{
    program = name;
}

void log_quiet(int quiet)
{
    be_quiet = quiet;
}

/* One fprintf a line: stderr is unbuffered, and lines of two processes must not mix. */
__attribute__((format(printf, 2, 0))) static void say(const char *kind, const char *fmt,
                                                      va_list args)
{
    char text[ERROR_TEXT_MAX];
    (void)vsnprintf(text, sizeof text, fmt, args);
    fprintf(stderr, "%s: %s%s\n", program, kind, text);
}

void info(const char *fmt, ...)
{
    if (be_quiet)
        return;
    va_list args;
    va_start(args, fmt);
    say("", fmt, args);
    va_end(args);
}

void warn(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say("warning: ", fmt, args);
    va_end(args);
}

void die(int status, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say("", fmt, args);
    va_end(args);
    exit(status);
}

void die_error(const struct error *err)
{
    die(err->status, "%s", err->text);
}

static int is_harmless(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } harmful[] = {
        {0x00, 0x1f},       {0x7f, 0x9f},
        {0x5c, 0x5c}, /* controls; our own escape */
        {0xad, 0xad},       {0x61c, 0x61c},
        {0x200b, 0x200f},                     /* soft hyphen, marks, joiners */
        {0x2028, 0x202e},   {0x2060, 0x206f}, /* separators, bidi, invisible */
        {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
        {0xfff9, 0xfffb},   /* variation, BOM, annotation */
        {0xe0000, 0xe0fff}, /* tags */
    };
    for (size_t i = 0; i < array_length(harmful); i++)
        if (point >= harmful[i].first && point <= harmful[i].last)
            return 0;
    return 1;
}

char *term_quote(char *out, size_t size, const char *text, size_t length)
{
    static const char hex[] = "0123456789abcdef", more[] = "...";
    const unsigned char *p = (const unsigned char *)text;
    size_t used = 0, cut = 0; /* cut: where "..." still fits behind whole characters */
    for (size_t i = 0; i < length;) {
        char piece[4];
        uint32_t point = 0;
        size_t n = utf8_character(text + i, length - i, &point), wide;
        if (n && is_harmless(point)) {
            memcpy(piece, text + i, n);
            wide = n;
        } else if (p[i] == '\\') {
            memcpy(piece, "\\\\", wide = 2);
            n = 1;
        } else {
            char escape[4] = {'\\', 'x', hex[p[i] >> 4], hex[p[i] & 15]};
            memcpy(piece, escape, wide = 4);
            n = 1; /* the rest of a harmful character has its turn as stray bytes */
        }
        if (used + wide + 1 > size) {
            used = cut;
            for (size_t k = 0; k + 1 < sizeof more && used + 1 < size; k++)
                out[used++] = more[k];
            break;
        }
        memcpy(out + used, piece, wide);
        used += wide;
        if (used + sizeof more <= size)
            cut = used;
        i += n;
    }
    out[used] = '\0';
    return out;
}

const char *quoted(const char *text)
{
    static char ring[8][256];
    static size_t next;
    char *out = ring[next++ % array_length(ring)];
    return term_quote(out, sizeof ring[0], text, strlen(text));
}
