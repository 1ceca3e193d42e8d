/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings as TOML (toml.io, v1.0.0), for Codex. Nothing here reads TOML: Codex merges its
 * layers of files itself, so ours is a layer of its own and no text of a user's is ever
 * touched.
 */
#ifndef CLAUDEX_INIT_HOME_TOML_H
#define CLAUDEX_INIT_HOME_TOML_H

#include <jansson.h>

struct buf;

/*
 * Pure. Appends the object as a document: its values first, then a [table] for every object in
 * it. The values and the quoted keys are jansson's, for a JSON string of valid UTF-8, a number,
 * a boolean or an array of these is the same in TOML. 0, or -1 with errno: EINVAL for what TOML
 * cannot say (null, an object within an array), or as buf_append().
 */
int toml_print(const json_t *object, struct buf *out);

#endif
