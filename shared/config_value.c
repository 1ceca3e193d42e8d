/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/config_value.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "shared/ascii.h"
#include "shared/buf.h"
#include "shared/parse.h"
#include "shared/utf8.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The end of the JSON string that `text` begins with, behind its quote; NULL if it has none. */
static const char *quoted_end(const char *text)
{
    for (const char *p = text + 1; *p; p++) {
        if (*p == '"')
            return p + 1;
        if (*p == '\\' && *++p == '\0')
            break;
    }
    return NULL;
}

static int unquote(const char *text, size_t length, struct strings *words, const char **why)
{
    *why = "a bad quoted text; it is written as in JSON, \"a \\\"word\\\"\"";
    json_t *json = json_loadb(text, length, JSON_DECODE_ANY, NULL);
    int result = json ? strings_add(words, json_string_value(json)) : -1;
    json_decref(json);
    return result;
}

static int add_plain(const char *text, size_t length, struct strings *words, const char **why)
{
    *why = "out of memory";
    cleanup_free char *word = strndup(text, length);
    return word ? strings_add(words, word) : -1;
}

int config_value_words(const struct config_key *key, const char *value, struct strings *words,
                       const char **why)
{
    const bool list = (key->flags & KEY_LIST) != 0;
    const char *p = value;
    for (;;) {
        while (is_blank(*p))
            p++;
        if (*p == '\0')
            return 0;
        const char *end = p;
        if (*p == '"') {
            end = quoted_end(p);
            *why =
                "a quote that does not end; ' ;' begins a comment in quotes, too: write \\u003b";
            if (!end || unquote(p, (size_t)(end - p), words, why) < 0)
                return -1;
            *why = "text right behind a quoted one";
            if (list ? *end != '\0' && !is_blank(*end) : *end != '\0')
                return -1;
        } else {
            while (*end && !(list && is_blank(*end)))
                end++;
            if (add_plain(p, (size_t)(end - p), words, why) < 0)
                return -1;
        }
        p = end;
    }
}

bool config_value_is_flag(const struct config_key *key, const char *value, bool wanted)
{
    cleanup_with(strings_free) struct strings words = {NULL, 0};
    const char *why;
    bool flag;
    return key->kind == KIND_FLAG && config_value_words(key, value, &words, &why) == 0 &&
           words.count == 1 && parse_bool(words.items[0], &flag) == 0 && flag == wanted;
}

enum {
    PLAIN_MAX = CONFIG_LINE_MAX / 2,  /* what has no need of quotes fits into a line */
    QUOTED_MAX = CONFIG_LINE_MAX / 8, /* and what has, though a byte may become six */
};

/* What INI or our own quoting would read differently, or only the quoted form can be cut. */
static bool needs_quotes(const char *word, bool list)
{
    size_t length = strlen(word);
    if (length == 0 || length > PLAIN_MAX || word[0] == '"' || word[0] == ';' ||
        is_blank(word[0]) || is_blank(word[length - 1]) ||
        utf8_find_control(word, length) < length)
        return true;
    for (const char *p = word; *p; p++)
        if (is_blank(*p) && (list || p[1] == ';'))
            return true;
    return false;
}

/* JSON leaves these as they are, and INI does not. A text without blanks can be cut anywhere
 * (config_print). */
static int append_escaped(const char *json, bool blanks_too, struct buf *out)
{
    for (const char *p = json; *p; p++) {
        const char *escape = NULL;
        if (*p == ';')
            escape = "\\u003b";
        else if (*p == 0x7f)
            escape = "\\u007f";
        else if (*p == ' ' && blanks_too)
            escape = "\\u0020";
        if (escape ? buf_puts(out, escape) : buf_append(out, p, 1))
            return -1;
    }
    return 0;
}

int config_value_print(const struct config_key *key, const char *word, struct buf *out)
{
    if (!utf8_is_valid(word, strlen(word))) {
        errno = EILSEQ;
        return -1;
    }
    if (!needs_quotes(word, (key->flags & KEY_LIST) != 0))
        return buf_puts(out, word);
    json_t *string = json_string(word);
    cleanup_free char *json = json_dumps(string, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    json_decref(string);
    if (!json) {
        errno = ENOMEM;
        return -1;
    }
    return append_escaped(json, strlen(word) > QUOTED_MAX, out);
}
