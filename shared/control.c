/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/control.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "shared/parse.h"

enum { CONTROL_ID_MIN = 8 };

/* What follows the id. The entry of CONTROL_MODE is a prefix, all others are whole. */
static const char *const words[] = {
    [CONTROL_STATUS] = "status",           [CONTROL_MODE] = "mode ",
    [CONTROL_LOCKDOWN_ON] = "lockdown on", [CONTROL_LOCKDOWN_OFF] = "lockdown off",
    [CONTROL_SEVER] = "lockdown sever",    [CONTROL_TOGGLE] = "lockdown toggle",
    [CONTROL_RELOAD] = "reload",
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

static int word_parse(const char *text, struct control_request *request)
{
    const char *mode = words[CONTROL_MODE];
    if (strncmp(text, mode, strlen(mode)) == 0) {
        request->word = CONTROL_MODE;
        return network_mode_parse(text + strlen(mode), &request->mode);
    }
    for (size_t i = 0; i < array_length(words); i++) {
        if (strcmp(text, words[i]) == 0) {
            request->word = (enum control_word)i;
            return 0;
        }
    }
    return -1;
}

int control_request_parse(const char *line, size_t length, struct control_request *request,
                          const char **why)
{
    struct control_request got = {.mode = NETWORK_LOCKDOWN};
    char text[32]; /* more than the longest word */

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
        *why = "an unknown word; known are status, mode, lockdown and reload";
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
    if (!is_id(request->id))
        return -1;
    const char *mode = request->word == CONTROL_MODE ? network_mode_name(request->mode) : "";
    return fitted(snprintf(out, size, "%s %s%s\n", request->id, words[request->word], mode),
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
