/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/ssh/message.h"

#include <string.h>

#include "shared/cleanup.h"
#include "shared/utf8.h"

/* kind, and what it has: an error, or a result and texts, each ended by NUL. */
enum { AT_KIND, AT_VALUE, AT_TEXTS };

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
    static const char *const names[SIGNATURE_RESULTS] = {"signed", "failed", "hidden", "limit"};
    return names[result];
}

size_t message_print(const struct message *message, uint8_t out[MESSAGE_MAX])
{
    size_t length = AT_TEXTS;
    out[AT_KIND] = (uint8_t)message->kind;
    out[AT_VALUE] = message->kind == MESSAGE_NONE ? (uint8_t)message->error : 0;
    if (message->kind != MESSAGE_SIGNATURE)
        return length;
    out[AT_VALUE] = (uint8_t)message->signature.result;
    for (size_t i = 0; i < array_length(texts); i++) {
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
    message->kind = (enum message_kind)kind;
    switch (kind) {
    case MESSAGE_NONE:
        message->error = value;
        return length == AT_TEXTS ? 0 : -1;
    case MESSAGE_WANT:
    case MESSAGE_GIVEN:
        return length == AT_TEXTS && value == 0 ? 0 : -1;
    case MESSAGE_SIGNATURE:
        if (value >= SIGNATURE_RESULTS)
            return -1;
        message->signature.result = (enum signature_result)value;
        return parse_texts(bytes + AT_TEXTS, length - AT_TEXTS, &message->signature);
    default:
        return -1;
    }
}
