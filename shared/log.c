/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/error.h"
#include "shared/io.h"
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

/* "NAME: " goes in front of every line, and all of them out in one write: lines of two
 * processes must not mix. No allocation: this is how running out of memory is told. */
__attribute__((format(printf, 2, 0))) static void say(const char *kind, const char *fmt,
                                                      va_list args)
{
    char text[ERROR_TEXT_MAX], out[4 * ERROR_TEXT_MAX];
    size_t used = 0;
    (void)vsnprintf(text, sizeof text, fmt, args);
    for (const char *line = text; line;) {
        const char *end = strchr(line, '\n');
        size_t length = end ? (size_t)(end - line) : strlen(line);
        int n = snprintf(out + used, sizeof out - used, "%s: %s%.*s\n", program, kind,
                         (int)length, line);
        if (n < 0 || (size_t)n >= sizeof out - used)
            break;
        used += (size_t)n;
        line = end ? end + 1 : NULL;
    }
    /* Never waits: who shares our stderr may have made it non-blocking, and stopped reading. */
    ssize_t written = TEMP_FAILURE_RETRY(write(STDERR_FILENO, out, used));
    (void)written;
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

int log_ask(const char *text, const char *question)
{
    const size_t length = text ? strlen(text) : 0;
    cleanup_buf struct buf out = BUF_INIT(16 * length + 4096);
    for (const char *line = text; line;) {
        const char *end = strchr(line, '\n');
        const int size = (int)(end ? (size_t)(end - line) : strlen(line));
        if (buf_printf(&out, "%s%s%.*s\n", size ? program : "", size ? ": " : "", size, line) <
            0)
            return -1;
        line = end ? end + 1 : NULL;
    }
    if (question && buf_printf(&out, "%s: %s ", program, question) < 0)
        return -1;
    return write_all(STDERR_FILENO, out.data, out.length);
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
    /* Unicode 15, DerivedCoreProperties.txt: Default_Ignorable_Code_Point, which shows nothing
     * or turns the direction of what follows; and what else a terminal or a reader of lines
     * may obey. */
    static const struct {
        uint32_t first, last;
    } harmful[] = {
        {0x00, 0x1f},       {0x5c, 0x5c}, /* controls; our own escape */
        {0x7f, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},   {0x61c, 0x61c},
        {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f}, {0x200b, 0x200f},
        {0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164}, {0xfe00, 0xfe0f},
        {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3},
        {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
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
