/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/config/edit.h"

#include <string.h>

#include "shared/cleanup.h"
#include "shared/parse.h"

static bool is_in(const struct config_entry *entry, const char *section)
{
    return !entry->name && strcmp(entry->section, section) == 0;
}

/* The line that the new one goes behind; 0: there is none. */
static int last_line(const struct config *config, const char *section, const char *key)
{
    int of_key = 0, of_section = 0;
    for (size_t i = 0; i < config->count; i++) {
        const struct config_entry *entry = &config->entries[i];
        if (!is_in(entry, section))
            continue;
        of_section = entry->line;
        if (strcmp(entry->key, key) == 0)
            of_key = entry->line;
    }
    return of_key ? of_key : of_section;
}

/* A section that has nothing in it is in no entry. */
static int header_line(const char *text, size_t length, const char *section)
{
    const size_t size = strlen(section);
    int line = 1;
    for (size_t at = 0; at < length; line++) {
        const char *end = memchr(text + at, '\n', length - at);
        const size_t next = end ? (size_t)(end - text) + 1 : length;
        while (at < next && (text[at] == ' ' || text[at] == '\t'))
            at++;
        if (at + size + 2 <= next && text[at] == '[' && text[at + size + 1] == ']' &&
            memcmp(text + at + 1, section, size) == 0)
            return line;
        at = next;
    }
    return 0;
}

/* Where the line behind the `line`-th begins. */
static size_t end_of_line(const char *text, size_t length, int line)
{
    size_t at = 0;
    for (; line > 0 && at < length; line--) {
        const char *end = memchr(text + at, '\n', length - at);
        at = end ? (size_t)(end - text) + 1 : length;
    }
    return at;
}

/* As far in as the line before. */
static int indent(const char *text, size_t at, struct buf *out)
{
    size_t begin = at;
    while (begin > 0 && (begin == at || text[begin - 1] != '\n'))
        begin--;
    size_t blanks = begin;
    while (blanks < at && (text[blanks] == ' ' || text[blanks] == '\t'))
        blanks++;
    return buf_append(out, text + begin, blanks - begin);
}

static int count_lines(const char *text, size_t length)
{
    int lines = 0;
    for (size_t i = 0; i < length; i++)
        lines += text[i] == '\n';
    return lines;
}

int config_edit_insert(const struct config *config, const char *text, size_t length,
                       const char *section, const char *key, const char *value, struct buf *out,
                       int *line)
{
    int behind = last_line(config, section, key);
    if (behind == 0)
        behind = header_line(text, length, section);
    const size_t at = behind ? end_of_line(text, length, behind) : length;
    int failed = buf_append(out, text, at);
    if (at > 0 && text[at - 1] != '\n')
        failed |= buf_puts(out, "\n");
    if (behind)
        failed |= indent(text, at, out);
    else
        failed |= buf_printf(out, "%s[%s]\n", at > 0 ? "\n" : "", section);
    *line = out->data ? count_lines(out->data, out->length) + 1 : 1;
    failed |= buf_printf(out, "%s = %s\n", key, value);
    return failed | buf_append(out, text + at, length - at);
}

/* --- what is there ------------------------------------------------------------------------ */

static bool is_below(const char *name, const char *zone)
{
    const size_t length = strlen(name), tail = strlen(zone);
    return length > tail && name[length - tail - 1] == '.' &&
           strcmp(name + length - tail, zone) == 0;
}

static bool holds(const struct host_pattern *entry, const struct host_pattern *wanted,
                  bool denies)
{
    const bool same_port = entry->port == wanted->port || (denies && entry->port == 0);
    if (!same_port)
        return false;
    if (entry->kind == wanted->kind && strcmp(entry->name, wanted->name) == 0 &&
        entry->prefix == wanted->prefix)
        return true;
    return denies && entry->kind == HOST_WILDCARD && wanted->kind != HOST_ADDRESS &&
           is_below(wanted->name, entry->name);
}

const struct config_entry *config_edit_find(const struct config *config, const char *key,
                                            const char *pattern)
{
    struct host_pattern wanted, there;
    if (parse_host_pattern(pattern, &wanted, NULL) < 0)
        return NULL;
    for (size_t i = 0; i < config->count; i++) {
        const struct config_entry *entry = &config->entries[i];
        if (!is_in(entry, "network") || strcmp(entry->key, key) != 0)
            continue;
        cleanup_free char *word = config_entry_word(entry);
        if (word && parse_host_pattern(word, &there, NULL) == 0 &&
            holds(&there, &wanted, strcmp(key, "deny") == 0))
            return entry;
    }
    return NULL;
}
