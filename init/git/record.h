/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a snapshot says beside the files: what of them it does not hold, and why. Kept as JSON
 * in every snapshot, so that nothing is left out silently.
 */
#ifndef CLAUDEX_INIT_GIT_RECORD_H
#define CLAUDEX_INIT_GIT_RECORD_H

#include <jansson.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/buf.h"

enum note {
    NOTE_UNREADABLE, /* the agent's user may not read it */
    NOTE_HASH_ONLY,  /* too large to be kept: its size and SHA-256 stand in its place */
    NOTE_CHANGING,   /* written all the while it was read */
    NOTE_COLLISION,  /* made so that its SHA-1 collides with another's: as hash-only */
    NOTE_TOO_DEEP,   /* a path longer than the kernel takes */
    NOTE_REPOSITORY, /* a nested .git, which is not recorded */
    NOTE_IGNORE,     /* a .gitignore too large to be believed */
    NOTE_KINDS,
};

/* As in the JSON: "unreadable"… */
extern const char *const note_names[NOTE_KINDS];

/* Paths of one kind that are listed; of more there is the number. */
enum { NOTES_LISTED = 10000 };

struct record {
    pthread_mutex_t lock;
    struct buf paths[NOTE_KINDS]; /* each ended by NUL */
    size_t counts[NOTE_KINDS];
};
#define RECORD_INIT                                                                            \
    {                                                                                          \
        .lock = PTHREAD_MUTEX_INITIALIZER                                                      \
    }

/* Any thread may. What there is no memory for is counted. */
void record_note(struct record *record, enum note kind, const char *path);

/* {"unreadable": {"count": 1, "paths": ["a/b"]}, …}, kinds with a count only. A path that is
 * not UTF-8 is given with every byte above 0x7f as U+00xx, under "bytes" instead of "paths".
 * Owned by the caller, NULL when out of memory. */
char *record_print(struct record *record);

/* The bytes as text, each as one code point below U+0100. A new reference, or NULL. */
json_t *record_bytes(const char *bytes, size_t length);

void record_free(struct record *record);

#endif
