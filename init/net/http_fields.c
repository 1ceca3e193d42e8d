/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/http_fields.h"

#include <string.h>

#include "shared/ascii.h"

/* Why this byte cannot follow that one, or NULL. `before` is LF at the start. */
static const char *refuse_byte(char before, char byte)
{
    if (before == '\r' && byte != '\n')
        return "a CR without its LF";
    if (byte == '\n' && before != '\r')
        return "an LF without its CR";
    if (before == '\n' && (byte == ' ' || byte == '\t'))
        return "a line that begins with a blank";
    if (is_control(byte) && byte != '\r' && byte != '\n' && byte != '\t')
        return "a control byte";
    return NULL;
}

ssize_t http_section(const uint8_t *bytes, size_t length, bool trailer, size_t *scanned,
                     const char **why)
{
    size_t at = *scanned;
    char before = at == 0 ? '\n' : (char)bytes[at - 1];
    for (; at < length; at++) {
        char byte = (char)bytes[at];
        *why = refuse_byte(before, byte);
        if (!*why && !trailer && at == 0 && byte == '\r')
            *why = "an empty line before the request";
        if (*why)
            return -1;
        before = byte;
        /* LF CR LF, or CR LF at the very start */
        if (byte == '\n' && (at == 1 || (at > 1 && bytes[at - 2] == '\n')))
            return (ssize_t)at + 1;
    }
    *scanned = at;
    return 0;
}

struct http_text http_next_line(struct http_text *lines)
{
    const char *end = memchr(lines->at, '\r', lines->length);
    struct http_text line = {.at = lines->at,
                             .length = end ? (size_t)(end - lines->at) : lines->length};
    size_t taken = end ? line.length + 2 : line.length;
    lines->at += taken;
    lines->length -= taken;
    return line;
}

static bool is_token(struct http_text text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        if (!is_letter(c) && !is_digit(c) && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return text.length > 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct http_text trim(struct http_text text)
{
    while (text.length > 0 && is_blank(text.at[text.length - 1]))
        text.length--;
    while (text.length > 0 && is_blank(*text.at)) {
        text.at++;
        text.length--;
    }
    return text;
}

/* What is before a byte that need not be there; `text` is left with what is behind it. */
static struct http_text take_until(struct http_text *text, char separator, bool *found)
{
    const char *end = memchr(text->at, separator, text->length);
    struct http_text first = {.at = text->at,
                              .length = end ? (size_t)(end - text->at) : text->length};
    size_t taken = end ? first.length + 1 : first.length;
    *found = end != NULL;
    text->at += taken;
    text->length -= taken;
    return first;
}

bool http_field(struct http_text line, struct http_field *field)
{
    bool found;
    field->name = take_until(&line, ':', &found);
    field->value = trim(line);
    return found && is_token(field->name);
}

bool http_next_element(struct http_text *list, struct http_text *element)
{
    bool found;
    if (list->length == 0)
        return false;
    *element = trim(take_until(list, ',', &found));
    return true;
}

bool http_is(struct http_text text, const char *word)
{
    if (strlen(word) != text.length)
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (to_lower(text.at[i]) != word[i])
            return false;
    return true;
}
