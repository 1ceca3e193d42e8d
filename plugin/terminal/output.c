/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/terminal/output.h"

#include <string.h>

#include "shared/log.h"

enum { GAP = 2, CELL_MAX = 4096 };

int table_add(struct table *table, const char *text)
{
    char cell[CELL_MAX];
    return strings_add(&table->cells, term_quote(cell, sizeof cell, text, strlen(text)));
}

/* Characters, not bytes; what stays of a text after term_quote() is well-formed. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static const char *cell_at(const struct table *table, size_t row, size_t column)
{
    if (table->headings && row == 0)
        return table->headings[column];
    row -= table->headings ? 1 : 0;
    return table->cells.items[row * table->columns + column];
}

static size_t column_width(const struct table *table, size_t rows, size_t column)
{
    size_t widest = 0;
    for (size_t row = 0; row < rows; row++) {
        size_t width = width_of(cell_at(table, row, column));
        widest = width > widest ? width : widest;
    }
    return widest;
}

void table_print(const struct table *table, FILE *out)
{
    const size_t rows = table->cells.count / table->columns + (table->headings ? 1 : 0);
    for (size_t row = 0; row < rows; row++) {
        size_t pending = 0; /* blanks before the next cell that has something in it */
        for (size_t column = 0; column < table->columns; column++) {
            const char *cell = cell_at(table, row, column);
            if (*cell)
                fprintf(out, "%*s%s", (int)pending, "", cell);
            pending = (*cell ? 0 : pending) + column_width(table, rows, column) -
                      width_of(cell) + GAP;
        }
        putc('\n', out);
    }
}

void table_free(struct table *table)
{
    strings_free(&table->cells);
}

int output_json(json_t *json, FILE *out)
{
    cleanup_free char *text =
        json ? json_dumps(json, JSON_INDENT(2) | JSON_ENSURE_ASCII) : NULL;
    json_decref(json);
    if (!text)
        return -1;
    fprintf(out, "%s\n", text);
    return 0;
}

void output_age(long seconds, char *out, size_t size)
{
    static const struct {
        long seconds;
        const char *unit;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    size_t i = 0;
    seconds = seconds < 0 ? 0 : seconds;
    while (i + 1 < array_length(units) && seconds < units[i].seconds)
        i++;
    (void)snprintf(out, size, "%ld %s", seconds / units[i].seconds, units[i].unit);
}
