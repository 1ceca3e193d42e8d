/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the host's ssh agent signed for a box, as its process 1 noted it (BOX_SIGNATURES, a JSON
 * object a line; init/signatures.h has the form).
 */
#ifndef CLAUDEX_PLUGIN_SIGNATURES_H
#define CLAUDEX_PLUGIN_SIGNATURES_H

#include <jansson.h>
#include <stddef.h>

#include "plugin/box.h"
#include "plugin/engine/engine.h"

/* {"keys": what was chosen (LABEL_SSH), "count": how many were noted, "last": [the last ones,
 * as noted, the newest last]}, or NULL for a box without an agent, or when out of memory. A new
 * reference. */
json_t *signatures_read(struct engine *engine, const struct box *box);

/* The lines' objects; what is no object is left out. Pure. A new reference, or NULL. */
json_t *signatures_parse(const char *text, size_t length);

/* "2025-01-31 12:00:00 signed me@work: git at SHA256:…", for people; of a stranger's text. */
void signature_describe(const json_t *signature, char *out, size_t size);

#endif
