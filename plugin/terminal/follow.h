/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a box refuses from now on, as it happens: lines of JSON from PID 1 (CONTROL_FOLLOW).
 */
#ifndef CLAUDEX_PLUGIN_TERMINAL_FOLLOW_H
#define CLAUDEX_PLUGIN_TERMINAL_FOLLOW_H

#include <jansson.h>

#include "plugin/box.h"
#include "plugin/command.h"
#include "shared/buf.h"
#include "shared/control.h"
#include "shared/error.h"

/* Called for each; not 0 ends it. The item is borrowed. */
typedef int follow_each(void *context, const json_t *item);

/* Lines as they come in pieces. `bytes` begins as BUF_INIT(FOLLOW_LINE_MAX), and is the owner's
 * to free. */
struct follow {
    struct buf bytes;
    follow_each *each;
    void *context;
};
enum { FOLLOW_LINE_MAX = 16 * 1024 };
/* Takes bytes in; calls `each` for whole lines. -1 where that ends it, or a line has no end. */
int follow_feed(struct follow *follow, const char *bytes, size_t length);

/* Where a box of this machine says it (CONTROL_FOLLOW, CONTROL_ATTEND), non-blocking; -1 where
 * it does not, with EACCES where that is its answer. */
int follow_open(const char *box_name, enum control_word word);

/* follow_box.c. Until the box ends, or `each` does. 0 or -1. */
int follow_box(struct invocation *invocation, const struct box *box, struct follow *follow,
               struct error *err);

#endif
