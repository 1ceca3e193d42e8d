/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The values of the configuration: how they are quoted, and what each kind accepts. Pure.
 * For shared/config_*.c only.
 *
 * A value is one text, or where a key takes a list, words with blanks between them. A text or
 * word that begins with a double quote is a JSON string (RFC 8259 section 7): the one way to
 * write a blank into a word, " ;" (a comment to INI) or a line's end into a value.
 */
#ifndef CLAUDEX_SHARED_CONFIG_VALUE_H
#define CLAUDEX_SHARED_CONFIG_VALUE_H

#include <stdbool.h>

#include "shared/config_schema.h"

/* The words of a value, unquoted; one for a key that takes no list. 0, or -1 with a static
 * text of what is wrong. `words` is the caller's to free either way. */
int config_value_words(const struct config_key *key, const char *value, struct strings *words,
                       const char **why);

/* Whether the words are what the key's kind accepts from such a source. 0 or -1 as above;
 * *why is then in the form "expected …" or says what was found. */
int config_value_check(const struct config_key *key, const struct strings *words,
                       enum config_source source, const char **why);

/* True for a flag that has the wanted value. */
bool config_value_is_flag(const struct config_key *key, const char *value, bool wanted);

/* Appends the word, quoted where it must be. 0, or -1 with errno: EILSEQ for a text that is
 * not UTF-8, or as buf_append(). */
int config_value_print(const struct config_key *key, const char *word, struct buf *out);

/* A name that users give: of a group, a skill, an MCP server. [a-z0-9][a-z0-9_-]*, at most 32.
 */
bool config_is_name(const char *word);

/* rw|ro[,idmapped] DEVICE:INODE|- DESTINATION. The destination is copied. */
int config_mount_parse(const struct strings *words, struct mount *mount, const char **why);

#endif
