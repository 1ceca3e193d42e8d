/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The schema of the configuration: every section and key there is, as data. Parsing, merging,
 * printing, trust and the example file all read this one table. For shared/config_*.c only;
 * everybody else wants shared/config.h.
 */
#ifndef CLAUDEX_SHARED_CONFIG_SCHEMA_H
#define CLAUDEX_SHARED_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "shared/config.h"

/* What a value must look like. Named after what it is, where a rule of its own decides. */
enum config_kind {
    KIND_FLAG,
    KIND_MODE,
    KIND_MEMORY,
    KIND_CPUS,
    KIND_PIDS,
    KIND_DURATION,
    KIND_RATE,
    KIND_PORT,
    KIND_MOUNT,
    /* From here on the session keeps the text. */
    KIND_PACKAGE,
    KIND_AGENT,
    KIND_AGENT_WORD,
    KIND_ARGUMENT,
    KIND_PATH,
    KIND_ENV,
    KIND_ENV_NAME,
    KIND_RUNTIME,
    KIND_IMAGE,
    KIND_GROUP,
    KIND_HOST,
    KIND_SSH_KEY,
    KIND_SKILL,
    KIND_TEXT,
    KIND_URL,
    KIND_BOX_NAME,
    KIND_WORKDIR,
    KIND_VERSION,
    KIND_FILE_NAME,
};

/* What a project's file may say without its user's consent. */
enum config_trust {
    TRUST_NEVER,
    TRUST_ALWAYS,
    TRUST_NO,       /* the value `no` */
    TRUST_YES,      /* the value `yes` */
    TRUST_MODE,     /* any mode but open; merging takes the stricter one */
    TRUST_LOWER,    /* any; merging takes the lower one */
    TRUST_LOOPBACK, /* published on loopback */
};

enum {
    KEY_MANY = 1 << 0,    /* may be repeated; the values are joined */
    KEY_LIST = 1 << 1,    /* a value is several words */
    KEY_PRIVATE = 1 << 2, /* written by claudex only: command line and resolved */
    KEY_UNBUILT = 1 << 3, /* its feature is to come; a flag may be `no` as ever */
    KEY_ON = 1 << 4,      /* a flag that is `yes` unless somebody says `no` */
};

/* A key that asks for nothing that the session keeps. */
#define NOWHERE ((size_t)-1)

struct config_key {
    const char *section;
    const char *name; /* NULL: the keys are names of the user's */
    enum config_kind kind;
    unsigned flags;
    enum config_trust trust;
    size_t field; /* offset in struct session: struct strings where MANY, or as the kind says */
    const char *example;
    const char *comment;
};

struct config_section {
    const char *name;
    bool named;   /* [name.SOMETHING] */
    bool private; /* as KEY_PRIVATE */
    const char *comment;
};

extern const struct config_key config_keys[];
extern const size_t config_key_count;
extern const struct config_section config_sections[];
extern const size_t config_section_count;

/* NULL if there is none. A section of free keys answers to any key. */
const struct config_section *config_find_section(const char *name);
const struct config_key *config_find_key(const char *section, const char *key);

/* The part in front of the dot, copied into word[size], and what follows it or NULL. */
const char *config_section_split(const char *title, char *word, size_t size);

/* True if no key of the section works yet. */
bool config_section_is_unbuilt(const char *section);

/* " did you mean …?" for a key or section that is unknown, "" if nothing is near. */
void config_key_hint(const char *section, const char *key, char *out, size_t size);
void config_section_hint(const char *section, char *out, size_t size);

#endif
