/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How lines become entries. For shared/config*.c only.
 */
#ifndef CLAUDEX_SHARED_CONFIG_ENTRY_H
#define CLAUDEX_SHARED_CONFIG_ENTRY_H

#include "shared/config.h"

/* One line as the INI reader or the command line has it. */
struct config_line {
    const char *section; /* with the name behind the dot, if there is one */
    const char *key;
    const char *value; /* NULL: a line without '=' */
    const char *file;  /* owned by config->files, NULL: the command line */
    int number;
    enum config_source source;
    const char *option; /* of the command line, without its dashes; NULL: none */
};

/* Adds a message to config->problems: "FILE:LINE: text", "FILE: text" for line 0, or only
 * "text" where file is NULL. */
void config_problem(struct config *config, const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Checks the line against the schema and appends it. NULL if it added a problem instead; the
 * entry moves when the next one is appended. */
struct config_entry *config_add(struct config *config, const struct config_line *line);

/* config_resolve() without its checks: of what is checked already, or not built yet. 0, or -1
 * when out of memory. */
int config_merge(const struct config *config, struct session *session);

#endif
