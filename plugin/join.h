/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What to do where a box of the same name is there already.
 */
#ifndef CLAUDEX_PLUGIN_JOIN_H
#define CLAUDEX_PLUGIN_JOIN_H

#include <jansson.h>
#include <stdbool.h>

#include "plugin/engine/engine.h"
#include "shared/error.h"

enum meeting {
    MEETING_FREE,    /* nobody is there: a new box */
    MEETING_JOIN,    /* it runs and is what was asked for: one more session in it */
    MEETING_RESTART, /* it was kept, and is what was asked for: it is started again */
    MEETING_OTHER,   /* --parallel: the next name */
    MEETING_FAILED,
};

struct meeting_wish {
    const char *name;   /* of the box */
    const json_t *spec; /* what is asked for */
    bool parallel, replace;
};

/* Looks who has the name, waits for one that is just being made or removed, and with --replace
 * ends it. On join and restart *id is the container's, the caller's. */
enum meeting meet(struct engine *engine, const struct meeting_wish *wish, char **id,
                  struct error *err);

/* The decision alone, pure: about a container as inspect shows it. MEETING_FAILED with *err. */
enum meeting meeting_decide(const struct meeting_wish *wish, const json_t *inspect,
                            struct error *err);

#endif
