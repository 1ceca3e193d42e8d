/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BOX_SIGNATURES: what was signed for the box and what was not, a JSON object a line, readable
 * for the agent. `docker claudex status` shows it.
 *
 *     {"number": 1, "time": "2025-01-31T12:00:00Z", "result": "signed", "key": "SHA256:…",
 *      "comment": "me@work", "host_key": "SHA256:…", "user": "git",
 *      "service": "ssh-connection"}
 *
 * What is not known is left out. "result" is signed, failed (the host's agent did not), hidden
 * (not a key that was chosen), limit; with `confirm`, confirmed (signed, after a yes), refused
 * (a no), unanswered, unasked (nobody was at a terminal). Of failed, hidden, limit, unanswered
 * and unasked no more than one a second is noted. "namespace" stands in the place of user and
 * service for messages (ssh-keygen -Y sign).
 */
#ifndef CLAUDEX_INIT_SIGNATURES_H
#define CLAUDEX_INIT_SIGNATURES_H

#include <jansson.h>
#include <stdint.h>
#include <time.h>

#include "init/ssh/message.h"

enum { SIGNATURES_FILE_MAX = 1 << 20 }; /* bytes; then it becomes ….1, and a new one begins */

/* The line without its newline, the caller's; NULL when out of memory. Pure. */
char *signature_print(const struct signature *signature, uint64_t number, time_t when);

/* Adds what it is for, "key" to "namespace", to an object. 0, or -1 when out of memory. Pure.
 */
int signature_describe(const struct signature *signature, json_t *line);

/* Appends a line. 0, or -1 with errno. */
int signature_note(const struct signature *signature, uint64_t number);

#endif
