/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of the host agent's keys the box may see and use. Pure.
 *
 * A key is chosen by its fingerprint or by a pattern of its comment (glob(7): *, ?, […]); where
 * nothing is chosen, all are. What an agent does not list cannot be used.
 */
#ifndef CLAUDEX_INIT_SSH_IDENTITIES_H
#define CLAUDEX_INIT_SSH_IDENTITIES_H

#include <stdbool.h>
#include <stddef.h>

#include "init/ssh/key.h"
#include "init/ssh/wire.h"
#include "shared/buf.h"
#include "shared/session.h"

enum {
    IDENTITIES_MAX = 2048, /* of an agent; one that has more is not understood */
    IDENTITY_COMMENT = 96, /* bytes of a comment that are shown */
};

struct identity {
    uint8_t digest[KEY_DIGEST]; /* of the key, or certificate, as it is */
    char fingerprint[KEY_FINGERPRINT];
    char comment[IDENTITY_COMMENT]; /* through term_quote() */
    bool visible;
};

struct identities {
    const struct strings *chosen; /* borrowed */
    struct identity *items;       /* owned, as the last answer has them */
    size_t count;
    struct buf asked; /* that answer */
    struct buf shown; /* what the client is told instead: a whole frame */
};

void identities_init(struct identities *identities, const struct strings *chosen);
void identities_free(struct identities *identities);

/* Takes over an IDENTITIES_ANSWER (its contents, which frame_answers() has accepted). 0, or -1
 * for one that has too many, or when out of memory; then it is as if there were no keys. */
int identities_take(struct identities *identities, struct bytes answer);

/* NULL for one that the last answer did not have. */
const struct identity *identities_find(const struct identities *identities, struct bytes key);

/* True where `chosen` has the fingerprint, or a pattern that fits the comment, or nothing. */
bool identity_is_chosen(const struct strings *chosen, const char *fingerprint,
                        struct bytes comment);

#endif
