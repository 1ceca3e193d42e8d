/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results on standard output: tables for people, JSON for programs.
 */
#ifndef CLAUDEX_PLUGIN_TERMINAL_OUTPUT_H
#define CLAUDEX_PLUGIN_TERMINAL_OUTPUT_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

#include "shared/cleanup.h"
#include "shared/session.h"

/* Columns as wide as their widest cell. Initialise with headings and columns. */
struct table {
    const char *const *headings; /* NULL: none */
    size_t columns;
    struct strings cells; /* row by row, fit for a terminal */
};
/* Appends a cell; the text is anybody's. 0, or -1 when out of memory. */
int table_add(struct table *table, const char *text);
/* Prints whole rows; no trailing blanks. */
void table_print(const struct table *table, FILE *out);
void table_free(struct table *table);
#define cleanup_table cleanup_with(table_free)

/* Indented, in ASCII: what a terminal could take for a command is escaped. Takes the reference.
 * 0, or -1 when out of memory. */
int output_json(json_t *json, FILE *out);

/* "3 s", "5 min", "2 h", "4 d". Pure. */
void output_age(long seconds, char *out, size_t size);

#endif
