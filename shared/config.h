/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration: INI text → entries with their origin → struct session, and back.
 *
 * One schema table (config_schema.h) says for every section and key: its kind, whether it may
 * repeat, who may write it (a project's file is not trusted: see config_entry_is_safe), and
 * whether its feature is built yet. The same parser, built with the same inih options, is in
 * both programs.
 *
 * The text is UTF-8 without NUL, control bytes (a tab is a blank), BOM and CR. Lines before the
 * first section are package names. A comment is a line that begins with '#' or ';', or follows
 * a value and begins with " ;". Only '=' stands between key and value. A value, or a word where
 * a key takes several, that begins with a double quote is a JSON string (RFC 8259 section 7);
 * so " ;", blanks at the ends or inside a word, and in agent.args and run.env also line ends,
 * can be said: "a \u003b b". There is no other escape, and no value that goes on in the next
 * line; but in the resolved text (CONFIG_RESOLVED) a line "+ = …" goes on with the value of the
 * line before, whose quotes span both, because an argument may be longer than a line.
 */
#ifndef CLAUDEX_SHARED_CONFIG_H
#define CLAUDEX_SHARED_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "shared/cleanup.h"
#include "shared/error.h"
#include "shared/session.h"

struct buf;

enum {
    CONFIG_FILE_MAX = 1 << 20, /* bytes of a file */
    CONFIG_LINE_MAX = 4096,    /* bytes of a line */
    CONFIG_ENTRIES_MAX = 20000,
};

enum config_source {
    CONFIG_MACHINE, /* /etc/claudex/config */
    CONFIG_USER,
    CONFIG_PROJECT,  /* .claudex or .claudecker; not trusted */
    CONFIG_COMMAND,  /* an option of the command line, as "section.key" */
    CONFIG_RESOLVED, /* what the plugin hands to PID 1: [box] is allowed, nothing is trusted */
};

/* One line that says something. Owned by its struct config. */
struct config_entry {
    char *section; /* "run", "mcp", "provider" … ; "packages" for lines before any section */
    char *name;    /* what follows the dot: "pal" of [mcp.pal]; NULL elsewhere */
    char *key;     /* a package name or a skill's name in sections of free keys */
    char *value;   /* as written, quotes included; "" for a line without '=' */
    const char *file; /* as given to config_parse; "command line" */
    int line;         /* 1…; 0 for the command line */
    enum config_source source;
};

struct config {
    struct config_entry *entries; /* in the order they were read */
    size_t count;
    struct strings files; /* owns the names that entries point to */
    struct buf *problems; /* messages "file:line: …", one a line; the first 16 KiB of them */
    size_t problem_count;
    size_t usage_problem_count; /* of these, the ones of the command line */
    bool overfull;              /* more than CONFIG_ENTRIES_MAX, which was told */
};
#define CONFIG_INIT                                                                            \
    {                                                                                          \
        0                                                                                      \
    }
void config_free(struct config *config);
#define cleanup_config cleanup_with(config_free)

/*
 * Reads `length` bytes of INI text that came from `file` and appends its entries. Problems
 * (all of the file's, not only the first) are collected in config->problems; the return value
 * is 0, or -1 if this text added a problem. A text from CONFIG_RESOLVED must have the name and
 * the workdir of [box]. Pure: touches no file.
 */
int config_parse(struct config *config, const char *text, size_t length, const char *file,
                 enum config_source source);

/* One option of the command line: section "run" (or "mcp.pal"), key "memory", value "4g". The
 * value is taken literally, quotes are not looked for; where a key takes words it is one of
 * them. 0, or -1 having added a problem. */
int config_set(struct config *config, const char *section, const char *key, const char *value);
/* The same; a problem then names the option ("memory" for --memory), not the key. */
int config_set_option(struct config *config, const char *option, const char *section,
                      const char *key, const char *value);

/*
 * Merges: later sources, in the order of enum config_source, win for a key that holds one
 * value, and lists are joined. Against what machine and user said a project (CONFIG_PROJECT)
 * can only lower limits and tighten the mode, but for `mode = open`, which is not safe and so
 * had consent, and which another project's stricter mode overrules; a `deny` is kept whatever
 * comes later. Arguments of the agent that stand beside one agent's name are dropped where a
 * later source names another agent.
 *
 * 0, or -1 with *err holding every problem (as many as fit, and how many more): those of
 * parsing, and what is asked for and not built yet. EXIT_USAGE if all are the command line's.
 * The session must be zero-initialised and is the caller's to free, also after a failure.
 */
int config_resolve(const struct config *config, struct session *session, struct error *err);

/* The resolved session as INI text that config_parse(CONFIG_RESOLVED) reads back to the same
 * session, but for two things that PID 1 gets otherwise or not at all: the values of
 * environment variables (see BOX_ENV) and the sources of mounts. 0, or -1 with errno: EILSEQ
 * for a text in it that is not UTF-8, E2BIG for more than CONFIG_FILE_MAX, or as buf_append().
 */
int config_print(const struct session *session, struct buf *out);

/* True for what a project's file may say without the user's consent: it tightens or cannot
 * widen. Depends on the value for flags and `mode`, and on the address for `port`. Limits are
 * safe because merging takes the lower one. */
bool config_entry_is_safe(const struct config_entry *entry);

/* Which of the entries have a say in what config_resolve() makes of them: not those whose value
 * another one replaced, nor a limit or mode that a project may not loosen. `counts` has room
 * for config->count; the config has no problems. 0, or -1 when out of memory. */
int config_counts(const struct config *config, bool *counts);

/* One line of the configuration as it is in effect. `value` is "" for a package, and
 * "NAME=***" for a variable that has its value in the file. */
struct config_setting {
    const char *section, *name; /* name: what follows the dot, or NULL */
    const char *key, *value;
    const struct config_entry *entry; /* who says so; NULL: nobody, it is the default */
};
typedef int config_each(const struct config_setting *setting, void *data);

/* Calls `each` for every setting there is, in the order of the schema, until it returns other
 * than 0, and returns that; -1 when out of memory. */
int config_show(const struct config *config, const struct session *session, config_each *each,
                void *data);

/* The first word of the entry's value, without its quotes. The caller's; NULL when out of
 * memory or where there is none. */
char *config_entry_word(const struct config_entry *entry);

/* A commented example file with every section and key, generated from the schema. 0, or -1 as
 * buf_append(). */
int config_example(struct buf *out);

#endif
