/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/control.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "shared/parse.h"

enum { CONTROL_ID_MIN = 8 };

/* What may follow a word. */
enum argument {
    NOTHING,
    MODE,
    PATTERN,
    PATTERN_SECONDS, /* the seconds only where they are not 0 */
    NUMBER,
};

static const struct {
    const char *word;
    enum argument argument;
} words[] = {
    [CONTROL_STATUS] = {"status", NOTHING},
    [CONTROL_MODE] = {"mode", MODE},
    [CONTROL_LOCKDOWN_ON] = {"lockdown on", NOTHING},
    [CONTROL_LOCKDOWN_OFF] = {"lockdown off", NOTHING},
    [CONTROL_SEVER] = {"lockdown sever", NOTHING},
    [CONTROL_TOGGLE] = {"lockdown toggle", NOTHING},
    [CONTROL_RELOAD] = {"reload", NOTHING},
    [CONTROL_ALLOW] = {"allow", PATTERN_SECONDS},
    [CONTROL_DENY] = {"deny", PATTERN_SECONDS},
    [CONTROL_FORGET] = {"forget", PATTERN},
    [CONTROL_GRANTS] = {"grants", NUMBER},
    [CONTROL_CONNECTIONS] = {"connections", NUMBER},
    [CONTROL_DENIED] = {"denied", NUMBER},
    [CONTROL_ATTEND] = {"attend", NOTHING},
    [CONTROL_SIGN_YES] = {"sign yes", NUMBER},
    [CONTROL_SIGN_NO] = {"sign no", NUMBER},
    [CONTROL_FOLLOW] = {"follow", NOTHING},
};

static bool is_printable(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return true;
}

/* Length of the id that `line` begins with, 0 if there is none. */
static size_t id_length(const char *line, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;
    while (n < length && memchr(digits, line[n], sizeof digits - 1))
        n++;
    return n >= CONTROL_ID_MIN && n <= CONTROL_ID_MAX ? n : 0;
}

/* Copies "ID " off the front. Returns what follows it, NULL if the id is not one. */
static const char *take_id(const char *line, size_t *length, char *id)
{
    size_t n = id_length(line, *length);
    if (n == 0 || n == *length || line[n] != ' ')
        return NULL;
    memcpy(id, line, n);
    id[n] = '\0';
    *length -= n + 1;
    return line + n + 1;
}

/* Each number has one spelling. */
static int number_parse(const char *text, uint32_t *number)
{
    uint64_t value;
    if ((text[0] == '0' && text[1] != '\0') ||
        parse_number(text, 0, CONTROL_NUMBER_MAX, &value) < 0)
        return -1;
    *number = (uint32_t)value;
    return 0;
}

static int pattern_parse(char *text, bool seconds, struct control_request *request)
{
    struct host_pattern ignored;
    char *blank = seconds ? strchr(text, ' ') : NULL;
    if (blank)
        *blank++ = '\0';
    if (blank && (number_parse(blank, &request->number) < 0 || request->number == 0))
        return -1;
    if (strlen(text) > CONTROL_PATTERN_MAX || parse_host_pattern(text, &ignored, NULL) < 0)
        return -1;
    memcpy(request->pattern, text, strlen(text) + 1);
    return 0;
}

static int argument_parse(enum argument kind, char *text, struct control_request *request)
{
    switch (kind) {
    case NOTHING:
        return text ? -1 : 0;
    case MODE:
        return text ? network_mode_parse(text, &request->mode) : -1;
    case PATTERN:
    case PATTERN_SECONDS:
        return text ? pattern_parse(text, kind == PATTERN_SECONDS, request) : -1;
    case NUMBER:
        return text ? number_parse(text, &request->number) : -1;
    }
    return -1;
}

static int word_parse(char *text, struct control_request *request)
{
    for (size_t i = 0; i < array_length(words); i++) {
        size_t length = strlen(words[i].word);
        if (strncmp(text, words[i].word, length) != 0 ||
            (text[length] != '\0' && text[length] != ' '))
            continue;
        request->word = (enum control_word)i;
        return argument_parse(words[i].argument, text[length] ? text + length + 1 : NULL,
                              request);
    }
    return -1;
}

int control_request_parse(const char *line, size_t length, struct control_request *request,
                          const char **why)
{
    struct control_request got = {.mode = NETWORK_LOCKDOWN};
    char text[CONTROL_PATTERN_MAX + 32]; /* more than the longest word with its arguments */

    if (length >= CONTROL_LINE_MAX) {
        *why = "the line is too long";
        return -1;
    }
    if (!is_printable(line, length)) {
        *why = "a byte that is not text";
        return -1;
    }
    const char *rest = take_id(line, &length, got.id);
    if (!rest) {
        *why = "no id of 8 to 32 hex digits in front";
        return -1;
    }
    bool known = length < sizeof text;
    if (known) {
        memcpy(text, rest, length);
        text[length] = '\0';
        known = word_parse(text, &got) == 0;
    }
    if (!known) {
        *why =
            "an unknown word, or not what belongs to it; known are status, mode, lockdown, reload, "
            "allow, deny, forget, grants, connections, denied, attend, sign and follow";
        return -1;
    }
    *request = got;
    return 0;
}

/* The length that snprintf(3) returned, or -1 if that did not fit. */
static int fitted(int n, size_t size)
{
    return n >= 0 && (size_t)n < size && n <= CONTROL_LINE_MAX ? n : -1;
}

static bool is_id(const char *id)
{
    size_t length = strlen(id);
    return length > 0 && id_length(id, length) == length;
}

static const char *verdict(uint64_t status)
{
    return status == 0 ? "ok" : "error";
}

int control_request_print(const struct control_request *request, char *out, size_t size)
{
    char argument[CONTROL_PATTERN_MAX + 16] = "";
    if (!is_id(request->id))
        return -1;
    switch (words[request->word].argument) {
    case NOTHING:
        break;
    case MODE:
        (void)snprintf(argument, sizeof argument, " %s", network_mode_name(request->mode));
        break;
    case PATTERN_SECONDS:
        if (request->number != 0) {
            (void)snprintf(argument, sizeof argument, " %s %u", request->pattern,
                           request->number);
            break;
        }
        /* fall through */
    case PATTERN:
        (void)snprintf(argument, sizeof argument, " %s", request->pattern);
        break;
    case NUMBER:
        (void)snprintf(argument, sizeof argument, " %u", request->number);
        break;
    }
    return fitted(
        snprintf(out, size, "%s %s%s\n", request->id, words[request->word].word, argument),
        size);
}

int control_reply_parse(const char *line, size_t length, struct control_reply *reply)
{
    struct control_reply got = {.status = 0};
    if (length >= CONTROL_LINE_MAX || !is_printable(line, length))
        return -1;
    const char *rest = take_id(line, &length, got.id);
    if (!rest)
        return -1;
    memcpy(got.text, rest, length);
    got.text[length] = '\0';

    char *status = strchr(got.text, ' ');
    char *text = status ? strchr(status + 1, ' ') : NULL;
    if (!text)
        return -1;
    *status++ = *text++ = '\0';
    uint64_t number;
    if (status[0] == '0' && status[1] != '\0')
        return -1; /* each number has one spelling */
    if (parse_number(status, 0, 255, &number) < 0 || strcmp(got.text, verdict(number)) != 0)
        return -1;
    got.status = (int)number;
    memmove(got.text, text, strlen(text) + 1);
    *reply = got;
    return 0;
}

int control_reply_print(const struct control_reply *reply, char *out, size_t size)
{
    if (!is_id(reply->id) || reply->status < 0 || reply->status > 255 ||
        !is_printable(reply->text, strlen(reply->text)))
        return -1;
    return fitted(snprintf(out, size, "%s %s %d %s\n", reply->id,
                           verdict((uint64_t)reply->status), reply->status, reply->text),
                  size);
}
