/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/terminal/question.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "shared/cleanup.h"
#include "shared/log.h"

enum { CTRL_C = 3, CTRL_D = 4, BACKSPACE = 8, CTRL_U = 21, DEL = 127, FIELD_MAX = 72 };

/* The box's words, each at the end of a line of its own: none of them can pass for one of ours,
 * wherever the terminal breaks a line. */
static char *field(const json_t *item, const char *key, char out[FIELD_MAX])
{
    const char *text = json_string_value(json_object_get(item, key));
    size_t length = 0;
    term_quote(out, FIELD_MAX, text ? text : "", text ? strlen(text) : 0);
    for (const char *at = out; *at; at++)
        if (*at != ' ' || (length > 0 && out[length - 1] != ' '))
            out[length++] = *at;
    out[length] = '\0';
    return out;
}

/* What it is for, as far as the data say so themselves. */
static void describe(const json_t *item, char *out, size_t size)
{
    char user[FIELD_MAX], host[FIELD_MAX], namespace[FIELD_MAX];
    if (*field(item, "namespace", namespace))
        (void)snprintf(out, size, "a message, which says that it is for\r\n        %s",
                       namespace);
    else if (*field(item, "user", user))
        (void)snprintf(out, size, "a login\r\n  as    %s\r\n  at    %s", user,
                       *field(item, "host_key", host) ? host : "a server that is not known");
    else
        (void)snprintf(out, size, "neither a login nor a message: it may be anything");
}

static void compose(struct question *question, const json_t *item, const char *box)
{
    char key[FIELD_MAX], comment[FIELD_MAX], what[3 * FIELD_MAX], name[FIELD_MAX];
    describe(item, what, sizeof what);
    (void)snprintf(question->text, sizeof question->text,
                   "claudex: the agent asks your ssh agent for a signature.\r\n\r\n"
                   "  box   %s\r\n  key   %s\r\n        %s\r\n  for   %s\r\n\r\n"
                   "The session's output waits meanwhile. Without an answer it is refused in a "
                   "minute.\r\n\r\n",
                   term_quote(name, sizeof name, box, strlen(box)),
                   field(item, "comment", comment), field(item, "key", key), what);
}

bool question_take(struct question *question, const json_t *item, const char *box, int64_t now)
{
    const json_t *number = json_object_get(item, "question"),
                 *over = json_object_get(item, "over");
    if (json_is_integer(over)) {
        const bool was = question->stands && json_integer_value(over) == question->number;
        question->stands = question->stands && !was;
        return was;
    }
    if (!json_is_integer(number))
        return false;
    *question = (struct question){
        .stands = true, .number = (uint32_t)json_integer_value(number), .quiet = now};
    compose(question, item, box);
    return true;
}

void question_typed_before(struct question *question, int64_t now)
{
    question->quiet = now;
}

int64_t question_settle(struct question *question, int64_t now)
{
    const int64_t left = question->quiet + QUESTION_QUIET_MS - now;
    question->ready = question->ready || left <= 0;
    return question->ready ? 0 : left;
}

static enum question_key enter(const struct question *question)
{
    static const char yes[] = "yes";
    return question->length == sizeof yes - 1 &&
                   strncasecmp(question->word, yes, sizeof yes - 1) == 0
               ? QUESTION_YES
               : QUESTION_NO;
}

/* Ctrl-C or Ctrl-D as a terminal says them that a session has told to spell keys out: CSI
 * KEY;MODIFIERS u (kitty's protocol) or CSI 27;MODIFIERS;KEY ~ (xterm's modifyOtherKeys). */
static bool is_spelt_out(const char *parameters, char final)
{
    enum { CTRL = 4 };
    long numbers[3] = {0};
    for (size_t i = 0; i < array_length(numbers) && *parameters; i++) {
        numbers[i] = strtol(parameters, NULL, 10);
        parameters += strcspn(parameters, ";");
        parameters += *parameters == ';';
    }
    const long other = final == '~' && numbers[0] == 27 ? numbers[2] : 0,
               key = final == 'u' ? numbers[0] : other;
    return (key == 'c' || key == 'd') && numbers[1] > 0 && ((numbers[1] - 1) & CTRL);
}

enum question_key question_type(struct question *question, char byte)
{
    const bool inside = !screen_is_between(&question->keys),
               control = question->keys.state == SCREEN_CONTROL;
    screen_feed(&question->keys, byte);
    if (control && screen_is_between(&question->keys) &&
        is_spelt_out(question->keys.sequence, byte))
        return QUESTION_NO;
    /* Of no sequence that a terminal sends; one that never ends must not keep the terminal. */
    if (byte == CTRL_C || byte == CTRL_D)
        return QUESTION_NO;
    if (inside || !screen_is_between(&question->keys))
        return QUESTION_HELD;
    switch (byte) {
    case '\r':
    case '\n':
        return enter(question);
    case BACKSPACE:
    case DEL:
        question->length -= question->length > 0;
        return QUESTION_HELD;
    case CTRL_U:
        question->length = 0;
        return QUESTION_HELD;
    default:
        break;
    }
    if (byte >= ' ' && question->length < sizeof question->word)
        question->word[question->length++] = byte;
    return QUESTION_HELD;
}

char *question_prompt(const struct question *question, char *out, size_t size)
{
    (void)snprintf(out, size, "\rType yes and Enter to sign; anything else refuses: %.*s",
                   (int)question->length, question->word);
    return out;
}
