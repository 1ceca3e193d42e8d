/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration: INI text → entries with their origin → struct session, and back.
 *
 * One schema table says for every section and key: its kind, whether it may repeat, who may
 * write it (a project's file is not trusted: see CONFIG_KEY_SAFE), and whether its feature is
 * built yet. The same parser, built with the same inih options, is in both programs.
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
    char *value;   /* "" for a line without '=' */
    const char *file; /* shown in messages; borrowed from struct config */
    int line;         /* 1…; 0 for the command line */
    enum config_source source;
};

struct config {
    struct config_entry *entries; /* in the order they were read */
    size_t count;
    struct strings files; /* owns the names that entries point to */
    struct buf *problems; /* messages "file:line: …", one a line; NULL when none */
    size_t problem_count;
    size_t usage_problem_count; /* of these, the ones of the command line */
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
 * is 0, or -1 if this text added a problem. Pure: touches no file.
 */
int config_parse(struct config *config, const char *text, size_t length, const char *file,
                 enum config_source source);

/* One option of the command line: section "run", key "memory", value "4g". */
int config_set(struct config *config, const char *section, const char *key, const char *value);

/*
 * Merges: later sources win for a key that holds one value, lists are joined, a user's or
 * machine's `deny` is kept whatever comes later. 0, or -1 with *err holding every problem.
 * The session must be zero-initialised and is the caller's to free.
 */
int config_resolve(const struct config *config, struct session *session, struct error *err);

/* The resolved session as INI text that config_parse(CONFIG_RESOLVED) reads back to the same
 * session. Environment values are never in it: see BOX_ENV. 0, or -1 when out of memory. */
int config_print(const struct session *session, struct buf *out);

/* True for what a project's file may say without the user's consent (see docs: it tightens or
 * cannot widen). Depends on the value for `mode` and on the address for `port`. */
bool config_entry_is_safe(const struct config_entry *entry);

/* A commented example file with every section and key, generated from the schema. */
int config_example(struct buf *out);

#endif
