/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/ssh/identities.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "init/ssh/frame.h"
#include "shared/log.h"

enum { COMMENT_MAX = 1024 }; /* a longer one fits no pattern */

#define FINGERPRINT_PREFIX "SHA256:"

void identities_init(struct identities *identities, const struct strings *chosen)
{
    *identities = (struct identities){
        .chosen = chosen, .asked = BUF_INIT(FRAME_MAX), .shown = BUF_INIT(FRAME_WHOLE_MAX)};
}

void identities_free(struct identities *identities)
{
    free(identities->items);
    buf_free(&identities->asked);
    buf_free(&identities->shown);
    identities_init(identities, identities->chosen);
}

static bool fits(const char *pattern, struct bytes comment)
{
    char text[COMMENT_MAX + 1];
    if (comment.length > COMMENT_MAX || memchr(comment.data, '\0', comment.length))
        return false;
    memcpy(text, comment.data, comment.length);
    text[comment.length] = '\0';
    return fnmatch(pattern, text, 0) == 0;
}

bool identity_is_chosen(const struct strings *chosen, const char *fingerprint,
                        struct bytes comment)
{
    for (size_t i = 0; i < chosen->count; i++) {
        const char *word = chosen->items[i];
        if (strncmp(word, FINGERPRINT_PREFIX, sizeof FINGERPRINT_PREFIX - 1) == 0
                ? strcmp(word, fingerprint) == 0
                : fits(word, comment))
            return true;
    }
    return chosen->count == 0;
}

/* The answer's entries, and the frame of those that are visible. */
static int read_all(struct identities *identities, struct bytes answer)
{
    uint8_t type, number[4];
    uint32_t count, visible = 0;
    static const uint8_t head[FRAME_LENGTH + 5] = {[FRAME_LENGTH] = AGENT_IDENTITIES_ANSWER};
    if (!wire_byte(&answer, &type) || !wire_number(&answer, &count) || count > IDENTITIES_MAX ||
        buf_append(&identities->shown, head, sizeof head) < 0)
        return -1;
    identities->items = calloc(count + 1, sizeof *identities->items);
    if (!identities->items)
        return -1;
    while (identities->count < count) {
        struct identity *identity = &identities->items[identities->count];
        struct bytes key, comment;
        const uint8_t *start = answer.data;
        if (!wire_string(&answer, &key) || !wire_string(&answer, &comment))
            return -1;
        key_digest(key, identity->digest);
        key_fingerprint(key, identity->fingerprint);
        term_quote(identity->comment, sizeof identity->comment, (const char *)comment.data,
                   comment.length);
        identity->visible =
            identity_is_chosen(identities->chosen, identity->fingerprint, comment);
        identities->count++;
        if (!identity->visible)
            continue;
        visible++;
        if (buf_append(&identities->shown, start, (size_t)(answer.data - start)) < 0)
            return -1;
    }
    wire_put(number, (uint32_t)(identities->shown.length - FRAME_LENGTH));
    memcpy(identities->shown.data, number, sizeof number);
    wire_put(number, visible);
    memcpy(identities->shown.data + FRAME_LENGTH + 1, number, sizeof number);
    return 0;
}

int identities_take(struct identities *identities, struct bytes answer)
{
    /* An agent says the same most of the time. */
    const struct bytes last = {(const uint8_t *)identities->asked.data,
                               identities->asked.length};
    if (last.length > 0 && bytes_equal(last, answer))
        return 0;
    identities_free(identities);
    if (buf_append(&identities->asked, answer.data, answer.length) == 0 &&
        read_all(identities, answer) == 0)
        return 0;
    identities_free(identities);
    return -1;
}

const struct identity *identities_find(const struct identities *identities, struct bytes key)
{
    uint8_t digest[KEY_DIGEST];
    key_digest(key, digest);
    for (size_t i = 0; i < identities->count; i++)
        if (memcmp(identities->items[i].digest, digest, sizeof digest) == 0)
            return &identities->items[i];
    return NULL;
}
