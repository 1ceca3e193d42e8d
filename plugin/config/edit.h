/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line put into a configuration file that people write: all else stays as it is, comments,
 * order and blanks.
 */
#ifndef CLAUDEX_PLUGIN_CONFIG_EDIT_H
#define CLAUDEX_PLUGIN_CONFIG_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "shared/buf.h"
#include "shared/config.h"
#include "shared/error.h"

/*
 * Pure. The text with "key = value" behind the last such key of the section, or at the
 * section's end, or in a new section at the end. `config` is what config_parse() made of the
 * text, without problems. 0, or -1 as buf_append(); *line is where it went.
 */
int config_edit_insert(const struct config *config, const char *text, size_t length,
                       const char *section, const char *key, const char *value, struct buf *out,
                       int *line);

/* The first entry of [network] of that key whose pattern is the same as this one, or, for a
 * `deny`, takes all of it away; NULL for none. Pure. */
const struct config_entry *config_edit_find(const struct config *config, const char *key,
                                            const char *pattern);

/* Where a host is kept. */
enum config_place {
    PLACE_USER,    /* the user's file; replaced in one step, also where it is a link */
    PLACE_PROJECT, /* the project's, in its place: in a box of it that runs the file is mounted
                      read-only, and a mount does not outlive that another file takes the name
                    */
};

/*
 * allow or deny (`key`) of a host from now on. `project` is the folder of PLACE_PROJECT, whose
 * file must ask for nothing that the user has not agreed to; to the new line the user has, by
 * saying so. Tells what was written where. 0, also where it is there already; -1 with *err
 * where the file is wrong, denies what is to be allowed, or cannot be written.
 */
int config_edit_save(enum config_place place, const char *project, const char *key,
                     const char *pattern, struct error *err);

#endif
