/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INI text → lines → config_add(); the only user of inih. It hands inih one line at a time,
 * looked at before: what is odd inih would cut, skip or misread without a word.
 */
#include <ini.h>
#include <search.h>
#include <stdbool.h>
#include <string.h>

#include "shared/buf.h"
#include "shared/config_entry.h"
#include "shared/config_value.h"
#include "shared/log.h"
#include "shared/utf8.h"

_Static_assert(INI_HANDLER_LINENO &&INI_ALLOW_NO_VALUE && !INI_ALLOW_MULTILINE &&
                   INI_MAX_LINE >= CONFIG_LINE_MAX + 3,
               "inih must have the options that scripts/deps gives it");

/* What inih gets for a line that was wrong, so that it counts on; and for a section's line
 * that was, so that nobody looks at what is in it. */
#define NO_LINE    ""
#define NO_SECTION "[!]"

struct reading {
    struct config *config;
    const char *file; /* owned by config->files */
    enum config_source source;
    const char *next, *end; /* what inih did not have yet */
    int number;             /* of the line that it has, 1… */
    char separator;         /* '=' or ':', whichever is first in it */
    bool told_cr;           /* once a file is enough */
    void *seen;             /* tsearch(3) tree of struct seen */
    struct {                /* a key waits for "+" lines that go on with its value */
        char *section, *key;
        struct buf value;
        bool has_value;
        int number;
    } waiting;
};

/* A key that holds one value, where it was met first. The strings are those of its entry. */
struct seen {
    const char *section, *name, *key;
    int line;
};

#define reading_problem(r, ...) config_problem((r)->config, (r)->file, (r)->number, __VA_ARGS__)

static int compare_seen(const void *one, const void *other)
{
    const struct seen *a = one, *b = other;
    int order = strcmp(a->key, b->key);
    if (order == 0)
        order = strcmp(a->section, b->section);
    if (order == 0)
        order = strcmp(a->name ? a->name : "", b->name ? b->name : "");
    return order;
}

static void check_repeated(struct reading *r, const struct config_entry *entry)
{
    const struct config_key *key = config_find_key(entry->section, entry->key);
    if (key->flags & KEY_MANY)
        return;
    struct seen *seen = malloc(sizeof *seen);
    struct seen **found = NULL;
    if (seen) {
        *seen = (struct seen){entry->section, entry->name, entry->key, entry->line};
        found = tsearch(seen, &r->seen, compare_seen);
    }
    if (!found) {
        reading_problem(r, "out of memory");
    } else if (*found != seen) {
        config_problem(r->config, r->file, entry->line,
                       "'%s' in [%s%s%s] a second time; the first is in line %d", entry->key,
                       entry->section, entry->name ? "." : "", entry->name ? entry->name : "",
                       (*found)->line);
    } else {
        return;
    }
    free(seen);
}

static void forget_waiting(struct reading *r)
{
    free(r->waiting.section);
    free(r->waiting.key);
    r->waiting.section = r->waiting.key = NULL;
    buf_clear(&r->waiting.value);
}

/* The key that waited is whole. */
static void add_waiting(struct reading *r)
{
    if (!r->waiting.key)
        return;
    const struct config_line line = {
        .section = r->waiting.section,
        .key = r->waiting.key,
        .value = r->waiting.has_value ? r->waiting.value.data : NULL,
        .file = r->file,
        .number = r->waiting.number,
        .source = r->source,
    };
    const struct config_entry *entry = config_add(r->config, &line);
    if (entry)
        check_repeated(r, entry);
    forget_waiting(r);
}

/* inih's handler: a key, in `section`, perhaps with a value. */
static int take_key(void *user, const char *section, const char *key, const char *value,
                    int number)
{
    struct reading *r = user;
    if (strcmp(section, "!") == 0)
        return 1;
    if (value && r->separator == ':') {
        reading_problem(r, "a ':' where only '=' may be; write KEY = value");
        return 1;
    }
    if (key[0] == '\0') {
        reading_problem(r, "nothing in front of the '='");
        return 1;
    }
    bool goes_on = r->waiting.key && strcmp(key, "+") == 0 && value;
    if (!goes_on) {
        add_waiting(r);
        r->waiting.section = strdup(section[0] ? section : "packages");
        r->waiting.key = strdup(key);
        r->waiting.has_value = value != NULL;
        r->waiting.number = number;
    }
    if (!r->waiting.section || !r->waiting.key ||
        buf_puts(&r->waiting.value, value ? value : "") < 0) {
        reading_problem(r, "out of memory");
        forget_waiting(r);
    }
    return 1;
}

/* A line in brackets, whose name is [name, end). */
static int check_section(struct reading *r, const char *name, const char *end)
{
    char title[CONFIG_LINE_MAX + 1], word[32], hint[160];
    memcpy(title, name, (size_t)(end - name));
    title[end - name] = '\0';
    const char *second = config_section_split(title, word, sizeof word);
    const struct config_section *section = config_find_section(word);
    if (!section) {
        config_section_hint(word, hint, sizeof hint);
        reading_problem(r, "unknown section [%s]%s", quoted(title), hint);
    } else if (section->private && r->source != CONFIG_RESOLVED) {
        reading_problem(r, "[%s] is not for a file that people write", section->name);
    } else if (section->named && !(second && config_is_name(second))) {
        reading_problem(r, "[%s] needs a name of small letters, digits, - and _: [%s.NAME]",
                        quoted(title), section->name);
    } else if (!section->named && second) {
        reading_problem(r, "[%s] has no parts; it is [%s]", quoted(title), section->name);
    } else {
        return 0;
    }
    return -1;
}

/* Whether a line may go to inih as it is. */
static int check_line(struct reading *r, const char *line, size_t length)
{
    if (length > CONFIG_LINE_MAX) {
        reading_problem(r, "a line of %zu bytes; %d are the most", length, CONFIG_LINE_MAX);
        return -1;
    }
    if (!utf8_is_valid(line, length)) {
        reading_problem(r, "not UTF-8 text");
        return -1;
    }
    for (size_t i = 0; i < length; i++) {
        i += utf8_find_control(line + i, length - i);
        if (i < length && line[i] != '\t') {
            reading_problem(r, "a control byte at column %zu", i + 1);
            return -1;
        }
    }
    return 0;
}

static int check_brackets(struct reading *r, const char *line, size_t length)
{
    const char *end = line + length, *close = memchr(line, ']', length);
    if (!close) {
        reading_problem(r, "a '[' without its ']'");
        return -1;
    }
    const char *after = close + 1;
    while (after < end && (*after == ' ' || *after == '\t'))
        after++;
    if (after < end && *after != ';') {
        reading_problem(r, "something behind the ']'; a comment there begins with ';'");
        return -1;
    }
    return check_section(r, line + 1, close);
}

/* inih's reader, as fgets(3): the next line, or one in its place that does no harm. */
static char *next_line(char *out, int size, void *user)
{
    struct reading *r = user;
    if (r->next == r->end)
        return NULL;
    const char *line = r->next, *newline = memchr(line, '\n', (size_t)(r->end - line));
    size_t length = (size_t)((newline ? newline : r->end) - line);
    r->next = newline ? newline + 1 : r->end;
    r->number++;
    if (r->source != CONFIG_RESOLVED || *line != '+')
        add_waiting(r);
    if (length > 0 && line[length - 1] == '\r') {
        length--;
        if (!r->told_cr)
            reading_problem(r, "the line ends in CR LF; write the file with LF alone");
        r->told_cr = true;
    }
    size_t blanks = 0;
    while (blanks < length && (line[blanks] == ' ' || line[blanks] == '\t'))
        blanks++;
    if (check_line(r, line, length) < 0) {
        line = NO_LINE;
        length = strlen(NO_LINE);
    } else if (blanks < length && line[blanks] == '[' &&
               check_brackets(r, line + blanks, length - blanks) < 0) {
        line = NO_SECTION;
        length = strlen(NO_SECTION);
    }
    (void)snprintf(out, (size_t)size, "%.*s\n", (int)length, line);
    const char *separator = strpbrk(out, "=:");
    r->separator = separator ? *separator : '\0';
    return out;
}

static bool has_entry(const struct reading *r, const char *section, const char *key)
{
    for (size_t i = 0; i < r->config->count; i++) {
        const struct config_entry *entry = &r->config->entries[i];
        if (entry->file == r->file && strcmp(entry->section, section) == 0 &&
            strcmp(entry->key, key) == 0)
            return true;
    }
    return false;
}

/* What makes it no text that is worth reading line by line. 0 if there is nothing. */
static int check_whole(struct config *config, const char *text, size_t length, const char *file)
{
    if (length > CONFIG_FILE_MAX)
        config_problem(config, file, 0, "larger than %d KiB", CONFIG_FILE_MAX / 1024);
    else if (memchr(text, '\0', length))
        config_problem(config, file, 0, "a binary file: it has NUL bytes");
    else if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        config_problem(config, file, 1, "a byte order mark; write the file without one");
    else
        return 0;
    return -1;
}

int config_parse(struct config *config, const char *text, size_t length, const char *file,
                 enum config_source source)
{
    const size_t before = config->problem_count;
    if (length == 0)
        text = ""; /* a buffer that nothing was written to has none */
    if (strings_add(&config->files, file) < 0) {
        config_problem(config, file, 0, "out of memory");
        return -1;
    }
    struct reading r = {
        .config = config,
        .file = config->files.items[config->files.count - 1],
        .source = source,
        .next = text,
        .end = text + length,
        .waiting.value = BUF_INIT(CONFIG_FILE_MAX),
    };
    if (check_whole(config, text, length, r.file) < 0)
        return -1;
    if (ini_parse_stream(next_line, &r, take_key, &r) != 0)
        reading_problem(&r, "the INI reader gave up");
    add_waiting(&r);
    tdestroy(r.seen, free);
    buf_free(&r.waiting.value);
    if (source == CONFIG_RESOLVED && !has_entry(&r, "box", "name"))
        config_problem(config, r.file, 0, "[box] has no name");
    if (source == CONFIG_RESOLVED && !has_entry(&r, "box", "workdir"))
        config_problem(config, r.file, 0, "[box] has no workdir");
    return config->problem_count == before ? 0 : -1;
}
