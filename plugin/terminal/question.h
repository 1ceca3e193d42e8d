/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A signature that the user has to say yes to: what is shown of it, and which keys are the
 * answer. Pure; times are milliseconds of any one clock.
 *
 * Whoever sits there may be typing for the session, and the session knows what. So keys are its
 * own until none has come for QUESTION_QUIET_MS; only then the prompt appears, and the answer
 * is a word and Enter, as ssh(1) wants it for a host key. What a terminal says by itself (where
 * the focus went, what it was asked before) comes as escape sequences, and is no answer.
 */
#ifndef CLAUDEX_PLUGIN_TERMINAL_QUESTION_H
#define CLAUDEX_PLUGIN_TERMINAL_QUESTION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugin/terminal/screen.h"

enum {
    QUESTION_QUIET_MS = 1000,
    QUESTION_TEXT_MAX = 2048, /* bytes of what is shown */
    QUESTION_WORD_MAX = 8,
};

enum question_key {
    QUESTION_HELD, /* more is to come */
    QUESTION_YES,
    QUESTION_NO,
};

/* Zero-initialised: none stands. */
struct question {
    bool stands;
    bool ready; /* keys are the answer */
    uint32_t number;
    int64_t quiet; /* since when no key has come */
    char text[QUESTION_TEXT_MAX];
    struct screen keys;
    size_t length; /* of what was typed; more than the word holds is no yes */
    char word[QUESTION_WORD_MAX];
};

/* A line of PID 1's (init/questions.h), about the box of that name. True where another question
 * stands now, or none any more. */
bool question_take(struct question *question, const json_t *item, const char *box, int64_t now);

/* A key that went to the session. */
void question_typed_before(struct question *question, int64_t now);
/* How long until keys are the answer; 0: they are, from now on. */
int64_t question_settle(struct question *question, int64_t now);

/* One that is an answer, or part of it. */
enum question_key question_type(struct question *question, char byte);
/* The line in which it is typed, as it is now; at most `size` bytes. Returns `out`. */
char *question_prompt(const struct question *question, char *out, size_t size);

#endif
