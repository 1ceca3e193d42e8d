/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/hello.h"

#include <string.h>

#include "init/net/host.h"

/* RFC 8446 4, 5.1 and B.3; RFC 6066 3; RFC 9849 5 */
enum {
    RECORD_HEADER = 5,
    RECORD_MAX = 1 << 14,
    CONTENT_HANDSHAKE = 22,
    VERSION_MAJOR = 3,
    MESSAGE_HEADER = 4,
    CLIENT_HELLO = 1,
    RANDOM_SIZE = 32,
    SESSION_ID_MAX = 32,
    EXTENSION_SERVER_NAME = 0,
    EXTENSION_ECH = 0xfe0d,
    NAME_TYPE_HOST = 0,
    ECH_OUTER = 0,
    ECH_CIPHER_SUITE = 4, /* kdf_id, aead_id */
    ECH_CONFIG_ID = 1,
};

/* A part of a message; readers take from its front. */
struct span {
    const uint8_t *at;
    size_t left;
};

static bool take(struct span *span, size_t length, struct span *part)
{
    if (span->left < length)
        return false;
    *part = (struct span){.at = span->at, .left = length};
    span->at += length;
    span->left -= length;
    return true;
}

/* An integer of so many bytes. */
static bool take_number(struct span *span, size_t bytes, size_t *value)
{
    struct span part;
    if (!take(span, bytes, &part))
        return false;
    *value = 0;
    for (size_t i = 0; i < bytes; i++)
        *value = *value << 8 | part.at[i];
    return true;
}

/* A vector (RFC 8446 3.4) whose length is an integer of so many bytes. */
static bool take_vector(struct span *span, size_t bytes, struct span *vector)
{
    size_t length;
    return take_number(span, bytes, &length) && take(span, length, vector);
}

static enum hello_verdict bad(struct hello *hello, const char *why)
{
    hello->name[0] = '\0';
    hello->why = why;
    return HELLO_BAD;
}

/* --- the extensions ------------------------------------------------------------------- */

static const char *read_server_name(struct span body, struct hello *hello)
{
    struct span list, name;
    size_t type;
    if (!take_vector(&body, 2, &list) || body.left > 0 || !take_number(&list, 1, &type) ||
        type != NAME_TYPE_HOST || !take_vector(&list, 2, &name))
        return "a malformed server_name";
    if (list.left > 0)
        return "more than one server_name";
    return host_name(name.at, name.left, hello->name) ? NULL
                                                      : "a server_name that is no host name";
}

static const char *read_ech(struct span body, struct hello *hello)
{
    struct span fixed, key, payload;
    size_t type;
    /* The inner form is for the hello within, which nobody sees. */
    if (!take_number(&body, 1, &type) || type != ECH_OUTER ||
        !take(&body, ECH_CIPHER_SUITE + ECH_CONFIG_ID, &fixed) ||
        !take_vector(&body, 2, &key) || !take_vector(&body, 2, &payload) || payload.left == 0 ||
        body.left > 0)
        return "a malformed encrypted_client_hello";
    hello->ech = true;
    return NULL;
}

static const struct {
    size_t type;
    const char *(*read)(struct span body, struct hello *hello);
} readers[] = {
    {EXTENSION_SERVER_NAME, read_server_name},
    {EXTENSION_ECH, read_ech},
};

static const char *read_extension(size_t type, struct span body, struct hello *hello)
{
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
        if (readers[i].type == type)
            return readers[i].read(body, hello);
    return NULL;
}

/* Each type at most once (RFC 8446 4.2): of two names, server and gate could take different
 * ones. */
static const char *read_extensions(struct span list, struct hello *hello)
{
    size_t seen[HELLO_EXTENSIONS_MAX], count = 0;
    while (list.left > 0) {
        size_t type;
        struct span body;
        if (!take_number(&list, 2, &type) || !take_vector(&list, 2, &body))
            return "a malformed extension";
        for (size_t i = 0; i < count; i++)
            if (seen[i] == type)
                return "an extension twice";
        if (count == HELLO_EXTENSIONS_MAX)
            return "too many extensions";
        seen[count++] = type;
        const char *why = read_extension(type, body, hello);
        if (why)
            return why;
    }
    return NULL;
}

/* --- the message ---------------------------------------------------------------------- */

/* The ClientHello without its header (RFC 8446 4.1.2). */
static enum hello_verdict read_hello(struct span body, struct hello *hello)
{
    struct span fixed, session, ciphers, compressions, extensions = {0};
    size_t version;
    if (!take_number(&body, 2, &version) || !take(&body, RANDOM_SIZE, &fixed) ||
        !take_vector(&body, 1, &session) || !take_vector(&body, 2, &ciphers) ||
        !take_vector(&body, 1, &compressions))
        return bad(hello, "a ClientHello that is too short");
    if (version >> 8 != VERSION_MAJOR || session.left > SESSION_ID_MAX || ciphers.left < 2 ||
        ciphers.left % 2 != 0 || compressions.left < 1)
        return bad(hello, "a malformed ClientHello");
    /* Before TLS 1.3 there may be none at all (RFC 5246 7.4.1.2). */
    if (body.left > 0 && (!take_vector(&body, 2, &extensions) || body.left > 0))
        return bad(hello, "extensions of another length than the ClientHello's");
    const char *why = read_extensions(extensions, hello);
    if (why)
        return bad(hello, why);
    return hello->name[0] != '\0' ? HELLO_NAME : HELLO_NO_NAME;
}

/* --- the records ---------------------------------------------------------------------- */

/* What a walk over the records found. */
struct walk {
    size_t records;
    uint8_t header[MESSAGE_HEADER]; /* the message's, as far as it is here */
    size_t have;                    /* bytes of the message that are here */
    size_t promised;                /* bytes that the records so far say they hold */
    size_t total;                   /* the message's size with its header; 0 while unknown */
};

static const char *check_record(const uint8_t *bytes, size_t length)
{
    if (bytes[0] != CONTENT_HANDSHAKE)
        return "no TLS handshake";
    if (length > 1 && bytes[1] != VERSION_MAJOR)
        return "no version of TLS";
    if (length < RECORD_HEADER)
        return NULL;
    size_t size = (size_t)bytes[3] << 8 | bytes[4];
    return size == 0 || size > RECORD_MAX ? "a record of a size that none may have" : NULL;
}

/* The fragment of one record, of which `here` bytes are here. */
static const char *check_fragment(struct walk *walk, const uint8_t *fragment, size_t here,
                                  size_t size)
{
    for (size_t i = 0; i < here && walk->have + i < MESSAGE_HEADER; i++)
        walk->header[walk->have + i] = fragment[i];
    walk->have += here;
    walk->promised += size;
    if (walk->have > 0 && walk->header[0] != CLIENT_HELLO)
        return "another handshake message than a ClientHello";
    if (walk->have >= MESSAGE_HEADER)
        walk->total = MESSAGE_HEADER + ((size_t)walk->header[1] << 16 |
                                        (size_t)walk->header[2] << 8 | walk->header[3]);
    if (walk->total > HELLO_MAX - RECORD_HEADER)
        return "a ClientHello that is too long";
    /* Its keys are not agreed on, so nothing can follow it in a record (RFC 8446 5.1). */
    if (walk->total > 0 && walk->promised > walk->total)
        return "a record that goes on behind the ClientHello";
    return NULL;
}

/* Cheap, since it is done again for every segment: it steps from record to record. */
static enum hello_verdict walk_records(const uint8_t *bytes, size_t length, struct walk *walk,
                                       const char **why)
{
    for (size_t at = 0; at < length;) {
        size_t left = length - at;
        *why = check_record(bytes + at, left);
        if (*why)
            return HELLO_BAD;
        if (walk->records == HELLO_RECORDS_MAX) {
            *why = "a ClientHello in too many records";
            return HELLO_BAD;
        }
        if (left < RECORD_HEADER)
            break;
        size_t size = (size_t)bytes[at + 3] << 8 | bytes[at + 4];
        left -= RECORD_HEADER;
        at += RECORD_HEADER;
        size_t here = size < left ? size : left;
        walk->records++;
        *why = check_fragment(walk, bytes + at, here, size);
        if (*why)
            return HELLO_BAD;
        if (walk->total > 0 && walk->have == walk->total)
            return HELLO_NAME;
        at += here;
    }
    if (length < HELLO_MAX)
        return HELLO_MORE;
    *why = "a ClientHello that is too long";
    return HELLO_BAD;
}

/* A message of several records: put together, then read. */
static enum hello_verdict read_joined(const uint8_t *bytes, const struct walk *walk,
                                      struct hello *hello)
{
    uint8_t message[HELLO_MAX];
    size_t have = 0;
    for (size_t i = 0; i < walk->records; i++) {
        size_t size = (size_t)bytes[3] << 8 | bytes[4];
        memcpy(message + have, bytes + RECORD_HEADER, size);
        have += size;
        bytes += RECORD_HEADER + size;
    }
    struct span body = {.at = message + MESSAGE_HEADER, .left = have - MESSAGE_HEADER};
    return read_hello(body, hello);
}

enum hello_verdict hello_parse(const uint8_t *bytes, size_t length, struct hello *hello)
{
    struct walk walk = {0};
    hello->name[0] = '\0';
    hello->ech = false;
    hello->why = NULL;
    if (length > HELLO_MAX)
        length = HELLO_MAX;
    enum hello_verdict verdict = walk_records(bytes, length, &walk, &hello->why);
    if (verdict != HELLO_NAME)
        return verdict;
    if (walk.records > 1)
        return read_joined(bytes, &walk, hello);
    struct span body = {.at = bytes + RECORD_HEADER + MESSAGE_HEADER,
                        .left = walk.total - MESSAGE_HEADER};
    return read_hello(body, hello);
}
