/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/ssh/message.h"

#include <stdbool.h>
#include <string.h>

#include "init/ssh/wire.h"
#include "shared/cleanup.h"
#include "shared/utf8.h"

/* kind; an error, a result or a consent; a number; texts, each ended by NUL. */
enum { AT_KIND, AT_VALUE, AT_NUMBER, AT_TEXTS = AT_NUMBER + 4 };

#define TEXT(member)                                                                           \
    {                                                                                          \
        offsetof(struct signature, member), sizeof((struct signature *)0)->member              \
    }
static const struct {
    size_t offset, size;
} texts[] = {TEXT(key),  TEXT(comment), TEXT(host_key),
             TEXT(user), TEXT(service), TEXT(namespace)};

_Static_assert((int)AT_TEXTS + (int)sizeof(struct signature) <= (int)MESSAGE_MAX,
               "a message holds the longest texts");

const char *signature_result_name(enum signature_result result)
{
    static const char *const names[SIGNATURE_RESULTS] = {
        "signed", "failed", "hidden", "limit", "confirmed", "refused", "unanswered", "unasked"};
    return names[result];
}

/* What each kind has. */
static const struct {
    bool number, texts;
    uint8_t values; /* how many there are of what is in AT_VALUE */
} forms[] = {
    [MESSAGE_WANT] = {.values = 1},
    [MESSAGE_SIGNATURE] = {.values = SIGNATURE_RESULTS, .texts = true},
    [MESSAGE_QUESTION] = {.values = 1, .number = true, .texts = true},
    [MESSAGE_WITHDRAWN] = {.values = 1, .number = true},
    [MESSAGE_GIVEN] = {.values = 1},
    [MESSAGE_NONE] = {.values = UINT8_MAX},
    [MESSAGE_CONSENT] = {.values = CONSENTS, .number = true},
};

static uint8_t value_of(const struct message *message)
{
    switch (message->kind) {
    case MESSAGE_SIGNATURE:
        return (uint8_t)message->signature.result;
    case MESSAGE_NONE:
        return (uint8_t)message->error;
    case MESSAGE_CONSENT:
        return (uint8_t)message->consent;
    default:
        return 0;
    }
}

size_t message_print(const struct message *message, uint8_t out[MESSAGE_MAX])
{
    size_t length = AT_TEXTS;
    out[AT_KIND] = (uint8_t)message->kind;
    out[AT_VALUE] = value_of(message);
    wire_put(out + AT_NUMBER, forms[message->kind].number ? message->number : 0);
    for (size_t i = 0; forms[message->kind].texts && i < array_length(texts); i++) {
        const char *text = (const char *)&message->signature + texts[i].offset;
        size_t size = strnlen(text, texts[i].size - 1);
        memcpy(out + length, text, size);
        out[length + size] = '\0';
        length += size + 1;
    }
    return length;
}

static int parse_texts(const uint8_t *bytes, size_t length, struct signature *signature)
{
    for (size_t i = 0; i < array_length(texts); i++) {
        const uint8_t *end = memchr(bytes, '\0', length);
        size_t size = end ? (size_t)(end - bytes) : length;
        const char *text = (const char *)bytes;
        if (!end || size >= texts[i].size || !utf8_is_valid(text, size) ||
            utf8_find_control(text, size) != size)
            return -1;
        memcpy((char *)signature + texts[i].offset, bytes, size + 1);
        bytes += size + 1;
        length -= size + 1;
    }
    return length == 0 ? 0 : -1;
}

int message_parse(const uint8_t *bytes, size_t length, struct message *message)
{
    *message = (struct message){0};
    if (length < AT_TEXTS || length > MESSAGE_MAX)
        return -1;
    const uint8_t kind = bytes[AT_KIND], value = bytes[AT_VALUE];
    if (kind >= array_length(forms) || value >= forms[kind].values)
        return -1;
    message->kind = (enum message_kind)kind;
    message->number = wire_peek(bytes + AT_NUMBER);
    if (kind == MESSAGE_SIGNATURE)
        message->signature.result = (enum signature_result)value;
    else if (kind == MESSAGE_CONSENT)
        message->consent = (enum consent)value;
    else
        message->error = value;
    if (!forms[kind].number && message->number != 0)
        return -1;
    if (forms[kind].texts)
        return parse_texts(bytes + AT_TEXTS, length - AT_TEXTS, &message->signature);
    return length == AT_TEXTS ? 0 : -1;
}
