/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Further sessions in a running box, through `claudex-init exec`, which confines them as the
 * first one is.
 */
#ifndef CLAUDEX_PLUGIN_EXEC_H
#define CLAUDEX_PLUGIN_EXEC_H

#include <stdbool.h>

#include "plugin/engine/engine.h"
#include "shared/buf.h"
#include "shared/error.h"
#include "shared/session.h"

struct exec {
    struct engine *engine;
    const char *box;            /* the container's full id */
    const char *name;           /* the box's, for plugin/terminal/notice.h; or NULL */
    bool asks;                  /* for consent to signatures (plugin/terminal/consent.h) */
    const char *const *command; /* NULL-ended; empty: a shell */
    const struct strings *environment; /* NAME=value, or NULL; not shown by the engine */
    const char *workdir;               /* NULL: the box's */
    bool ctl;                          /* no session: the words are `claudex-init ctl`'s */
    const char *entry;                 /* likewise for another of its words, or NULL */
    bool local;                        /* the engine's processes are this machine's */
};

/* The engine could not start the session, because the box has ended or is about to. */
enum { EXEC_NOT_STARTED = -2 };

/* On our terminal, or with our streams where there is none. Returns the session's exit status,
 * 0 after the detach keys, 128 + n where a signal ended us; or -1 or EXEC_NOT_STARTED with *err
 * filled. */
int exec_attached(const struct exec *exec, const char *detach_keys, struct error *err);

/* Standard input from `source`, standard output to `sink` (NULL: dropped), with `data` for
 * each; standard error is appended to `complaints` as far as it holds it. Returns as
 * exec_attached(). */
struct exec_pipes {
    engine_source *source;
    void *source_data;
    engine_sink *sink;
    void *sink_data;
    struct buf *complaints;
};
int exec_piped(const struct exec *exec, const struct exec_pipes *pipes, struct error *err);

#endif
