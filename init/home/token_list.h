/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is kept of logins, for people and programs: no token is in it.
 *
 *     {"claude": {"account": "…", "fresh": MILLISECONDS, "box": "…", "when": "2026-…Z",
 *                 "held": {"account": "…", "box": "…", "when": "…", "id": "…"}}, "codex": …}
 *
 * box: which wrote it, "" for the user; held: one that a box wrote and no other gets, with the
 * ID that accepting it wants (init/home/token_store.h).
 */
#ifndef CLAUDEX_INIT_HOME_TOKEN_LIST_H
#define CLAUDEX_INIT_HOME_TOKEN_LIST_H

#include <jansson.h>
#include <stdint.h>

enum { TOKEN_TIME_SIZE = sizeof "2025-01-31T12:00:00Z" };

/* A new reference, or NULL. `store` may be -1. Where it is for the box `own` to read, which may
 * not know what other projects there are, every other box is "another box". */
json_t *token_list(int store, const char *own);

/* RFC 3339; "" for no time. */
void token_time(int64_t when, char text[TOKEN_TIME_SIZE]);

#endif
