/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "shared/buf.h"
#include "shared/config_entry.h"
#include "shared/config_value.h"
#include "shared/log.h"
#include "shared/parse.h"

enum {
    PROBLEMS_MAX = 16 * 1024, /* bytes; nobody reads more */
    HINT_MAX = 160,
};

void config_problem(struct config *config, const char *file, int line, const char *fmt, ...)
{
    char text[1024], name[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    config->problem_count++;
    if (!file)
        config->usage_problem_count++;
    if (!config->problems) {
        config->problems = malloc(sizeof *config->problems);
        if (!config->problems)
            return;
        *config->problems = (struct buf)BUF_INIT(PROBLEMS_MAX);
    }
    if (file)
        term_quote(name, sizeof name, file, strlen(file));
    /* What passes the cap is counted, and told by config_resolve(). */
    if (!file)
        (void)buf_printf(config->problems, "%s\n", text);
    else if (line > 0)
        (void)buf_printf(config->problems, "%s:%d: %s\n", name, line, text);
    else
        (void)buf_printf(config->problems, "%s: %s\n", name, text);
}

#define line_problem(config, l, ...)                                                           \
    config_problem((config), (l)->file, (l)->number, __VA_ARGS__)

static void free_entry(struct config_entry *entry)
{
    free(entry->section);
    free(entry->name);
    free(entry->key);
    free(entry->value);
}

void config_free(struct config *config)
{
    for (size_t i = 0; i < config->count; i++)
        free_entry(&config->entries[i]);
    free(config->entries);
    strings_free(&config->files);
    if (config->problems)
        buf_free(config->problems);
    free(config->problems);
    *config = (struct config)CONFIG_INIT;
}

/* Room for one more entry, which is implied: a power of two. NULL when out of memory. */
static struct config_entry *make_room(struct config *config)
{
    if ((config->count & (config->count - 1)) == 0) {
        size_t room = config->count ? 2 * config->count : 1;
        struct config_entry *entries = realloc(config->entries, room * sizeof *entries);
        if (!entries)
            return NULL;
        config->entries = entries;
    }
    return &config->entries[config->count];
}

static struct config_entry *append(struct config *config, const struct config_line *line)
{
    char word[32];
    const char *name = config_section_split(line->section, word, sizeof word);
    if (config->count == CONFIG_ENTRIES_MAX) {
        if (!config->overfull)
            line_problem(config, line, "more than %d entries", CONFIG_ENTRIES_MAX);
        config->overfull = true;
        return NULL;
    }
    struct config_entry *entry = make_room(config);
    if (!entry) {
        line_problem(config, line, "out of memory");
        return NULL;
    }
    *entry = (struct config_entry){
        .section = strdup(word),
        .name = name ? strdup(name) : NULL,
        .key = strdup(line->key),
        .value = strdup(line->value ? line->value : ""),
        .file = line->file ? line->file : "command line",
        .line = line->number,
        .source = line->source,
    };
    if (!entry->section || (name && !entry->name) || !entry->key || !entry->value) {
        free_entry(entry);
        line_problem(config, line, "out of memory");
        return NULL;
    }
    config->count++;
    return entry;
}

/* A value that '#' was meant to end: it does not, a ';' does. */
static const char *comment_hint(const char *value)
{
    return strstr(value, " #") ? "; a comment behind a value begins with ';'" : "";
}

/* Packages stand alone; the value is the key. */
static int check_package(struct config *config, const struct config_key *key,
                         const struct config_line *line)
{
    char hint[HINT_MAX] = "";
    const char *why;
    if (line->value) {
        config_key_hint("packages", line->key, hint, sizeof hint);
        line_problem(config, line, "the package '%s' has a value; expected its name alone%s",
                     quoted(line->key), hint);
        return -1;
    }
    char *item = (char *)line->key;
    const struct strings words = {&item, 1};
    if (config_value_check(key, &words, line->source, &why) == 0)
        return 0;
    line_problem(config, line, "bad package '%s': %s%s", quoted(line->key), why,
                 comment_hint(line->key));
    return -1;
}

/* In the words of who wrote it. */
static void bad_value(struct config *config, const struct config_line *line, const char *value,
                      const char *why, const char *hint)
{
    if (line->option)
        line_problem(config, line, "bad value '%s' for --%s: %s%s", quoted(value), line->option,
                     why, hint);
    else
        line_problem(config, line, "bad value '%s' for '%s' in [%s]: %s%s", quoted(value),
                     line->key, line->section, why, hint);
}

static int check_value(struct config *config, const struct config_key *key,
                       const struct config_line *line)
{
    const char *why;
    cleanup_with(strings_free) struct strings words = {NULL, 0};
    if (!key->name && !config_is_name(line->key)) {
        line_problem(config, line,
                     "bad name '%s' in [%s]: expected small letters, digits, - and _",
                     quoted(line->key), line->section);
        return -1;
    }
    if (!line->value || line->value[0] == '\0') {
        (void)config_value_check(key, &words, line->source, &why);
        line_problem(config, line, "'%s' in [%s] has no value; %s", line->key, line->section,
                     why);
        return -1;
    }
    if (config_value_words(key, line->value, &words, &why) == 0 &&
        config_value_check(key, &words, line->source, &why) == 0)
        return 0;
    bad_value(config, line, line->value, why, line->option ? "" : comment_hint(line->value));
    return -1;
}

struct config_entry *config_add(struct config *config, const struct config_line *line)
{
    char word[32], hint[HINT_MAX];
    (void)config_section_split(line->section, word, sizeof word);
    const struct config_key *key = config_find_key(word, line->key);
    if (!key) {
        config_key_hint(word, line->key, hint, sizeof hint);
        line_problem(config, line, "unknown key '%s' in [%s]%s", quoted(line->key),
                     quoted(line->section), hint);
        return NULL;
    }
    if ((key->flags & KEY_PRIVATE) && line->source < CONFIG_COMMAND) {
        line_problem(config, line, "'%s' in [%s] is not for a file", key->name, line->section);
        return NULL;
    }
    int bad = key->kind == KIND_PACKAGE ? check_package(config, key, line)
                                        : check_value(config, key, line);
    return bad ? NULL : append(config, line);
}

int config_set(struct config *config, const char *section, const char *key, const char *value)
{
    return config_set_option(config, NULL, section, key, value);
}

int config_set_option(struct config *config, const char *option, const char *section,
                      const char *key, const char *value)
{
    struct config_line line = {.section = section,
                               .key = key,
                               .value = value,
                               .source = CONFIG_COMMAND,
                               .option = option};
    char word[32];
    (void)config_section_split(section, word, sizeof word);
    const struct config_key *found = config_find_key(word, key);
    cleanup_buf struct buf text = BUF_INIT(CONFIG_FILE_MAX);
    if (found && found->kind != KIND_PACKAGE && value) {
        /* An option is taken literally: what it says is one word, whatever is in it. */
        if (config_value_print(found, value, &text) < 0) {
            bad_value(config, &line, value,
                      errno == EILSEQ ? "it is not UTF-8" : "it is too long", "");
            return -1;
        }
        line.value = text.data;
    }
    return config_add(config, &line) ? 0 : -1;
}

char *config_entry_word(const struct config_entry *entry)
{
    const struct config_key *key = config_find_key(entry->section, entry->key);
    cleanup_with(strings_free) struct strings words = {NULL, 0};
    const char *why;
    if (!key || config_value_words(key, entry->value, &words, &why) < 0 || words.count == 0)
        return NULL;
    return take_ptr(words.items[0]);
}

static bool is_loopback(const char *word)
{
    struct port port;
    if (parse_port(word, &port) < 0)
        return false;
    return strcmp(port.host_ip, "::1") == 0 ||
           (port.family == AF_INET && strncmp(port.host_ip, "127.", 4) == 0);
}

bool config_entry_is_safe(const struct config_entry *entry)
{
    const struct config_key *key = config_find_key(entry->section, entry->key);
    cleanup_with(strings_free) struct strings words = {NULL, 0};
    const char *why;
    if (!key || key->trust == TRUST_NEVER)
        return false;
    if (key->trust == TRUST_ALWAYS || key->trust == TRUST_LOWER)
        return true;
    if (key->trust == TRUST_NO || key->trust == TRUST_YES)
        return config_value_is_flag(key, entry->value, key->trust == TRUST_YES);
    if (config_value_words(key, entry->value, &words, &why) < 0 || words.count != 1)
        return false;
    return key->trust == TRUST_LOOPBACK ? is_loopback(words.items[0])
                                        : strcmp(words.items[0], "open") != 0;
}
