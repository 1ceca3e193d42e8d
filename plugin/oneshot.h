/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A container for one command of ours, gone when it ends.
 */
#ifndef CLAUDEX_PLUGIN_ONESHOT_H
#define CLAUDEX_PLUGIN_ONESHOT_H

#include <jansson.h>

#include "plugin/engine/engine.h"
#include "shared/buf.h"
#include "shared/error.h"

/* Creates a container of `spec` (the body of POST /containers/create, no terminal), runs it to
 * its end and removes it, also when cancelled. *out gets what it wrote to stdout, *log to
 * stderr. Returns its exit status, or -1. */
int oneshot_run(struct engine *engine, const json_t *spec, struct buf *out, struct buf *log,
                struct error *err);

/* The same with files put into it, at its root, before it starts. `files` is finished. */
struct archive_writer;
int oneshot_run_with(struct engine *engine, const json_t *spec, struct archive_writer *files,
                     struct buf *out, struct buf *log, struct error *err);

#endif
