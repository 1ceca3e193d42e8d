/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is put into a created container before its start, because its specification is there for
 * all to see: the resolved configuration, the environment, and copies of the instructions.
 */
#ifndef CLAUDEX_PLUGIN_SESSION_PRIVATE_FILES_H
#define CLAUDEX_PLUGIN_SESSION_PRIVATE_FILES_H

#include "plugin/engine/engine.h"
#include "plugin/session/build.h"
#include "shared/error.h"

/* PUT /containers/{id}/archive. Instructions are read here. `init`, unless NULL, is a file of
 * this machine that becomes BOX_INIT. */
int private_files_put(struct engine *engine, const char *id, const struct plan *plan,
                      const char *init, struct error *err);

#endif
