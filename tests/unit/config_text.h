/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the configuration share: texts in, problems or a session out. */
#ifndef CLAUDEX_TESTS_UNIT_CONFIG_TEXT_H
#define CLAUDEX_TESTS_UNIT_CONFIG_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "shared/buf.h"
#include "shared/config.h"

#define FILE_NAME ".claudex"

/* What every resolved text must have. */
#define A_BOX "[box]\nname = claudex-app-0a1b2c3d\nworkdir = /workspace/app\n"

/* The problems of a text of `length` bytes, "" if there are none. The caller's to free. */
static inline char *problems_of_bytes(const char *text, size_t length,
                                      enum config_source source)
{
    cleanup_config struct config config = CONFIG_INIT;
    int result = config_parse(&config, text, length, FILE_NAME, source);
    assert_int_equal(result, config.problem_count > 0 ? -1 : 0);
    char *problems = config.problems ? buf_take(config.problems) : strdup("");
    assert_non_null(problems);
    return problems;
}

static inline void assert_problems_from(enum config_source source, const char *text,
                                        const char *problems)
{
    cleanup_free char *got = problems_of_bytes(text, strlen(text), source);
    assert_string_equal(got, problems);
}

/* A project's text has exactly these problems, each "FILE:LINE: …" and a newline. */
static inline void assert_problems(const char *text, const char *problems)
{
    assert_problems_from(CONFIG_PROJECT, text, problems);
}

/* Adds a text that must have no problem. */
static inline void add_text(struct config *config, enum config_source source, const char *text)
{
    if (config_parse(config, text, strlen(text), FILE_NAME, source) < 0)
        fail_msg("%s", config->problems->data);
}

/* Prints, and holds every line to what a line may be. */
static inline void print(const struct session *session, struct buf *out)
{
    assert_int_equal(config_print(session, out), 0);
    for (const char *line = out->data, *end; (end = strchr(line, '\n')); line = end + 1)
        assert_in_range(end - line, 0, CONFIG_LINE_MAX);
}

#endif
