/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/terminal/question.c plugin/terminal/screen.c */
/* The first line is what a box asks, the rest what is typed. What is shown has no control but
 * line ends, and always our own words; without the three letters there is no yes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/terminal/question.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool promise)
{
    if (!promise)
        abort();
}

static void shown(const struct question *question)
{
    for (const char *at = question->text; *at; at++)
        must(*at == '\r' || *at == '\n' || ((unsigned char)*at >= ' ' && *at != 0x7f));
    must(strstr(question->text, "\r\n\r\nThe session's output waits") != NULL);
    must(strlen(question->text) > 2 &&
         strcmp(question->text + strlen(question->text) - 2, "\r\n") == 0);
}

static bool has_letters(const uint8_t *typed, size_t length)
{
    static const char yes[] = "yes";
    size_t found = 0;
    for (size_t i = 0; i < length && yes[found]; i++)
        found += (typed[i] | 0x20) == yes[found];
    return !yes[found];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct question question = {0};
    char line[128];
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    const size_t asked = end ? (size_t)(end - data) : size, from = end ? asked + 1 : size;
    json_t *item = json_loadb((const char *)data, asked, 0, NULL);
    const bool changed = item && question_take(&question, item, "claudex-app-0a1b2c3d", 0);
    json_decref(item);
    must(!changed || question.stands);
    if (changed)
        shown(&question);
    for (size_t i = from; i < size; i++) {
        const enum question_key key = question_type(&question, (char)data[i]);
        must(key != QUESTION_YES ||
             (has_letters(data + from, i - from) && (data[i] == '\r' || data[i] == '\n')));
        question_prompt(&question, line, sizeof line);
        must(strlen(line) < sizeof line - 1);
        if (key != QUESTION_HELD)
            break;
    }
    return 0;
}
