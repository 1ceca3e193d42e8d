/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the engine says while it builds or pulls, made short: on a terminal one line a step that
 * counts its seconds, elsewhere one plain line a step, and the end of the log for a failure.
 */
#ifndef CLAUDEX_PLUGIN_IMAGE_PROGRESS_H
#define CLAUDEX_PLUGIN_IMAGE_PROGRESS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "shared/buf.h"
#include "shared/error.h"

enum { PROGRESS_LINES = 30, PROGRESS_LINE_MAX = 512, PROGRESS_LAYERS_MAX = 64 };

struct progress {
    bool quiet, terminal;
    char what[PROGRESS_LINE_MAX]; /* the step under way; "" before the first */
    bool cached;
    struct timespec since;
    char lines[PROGRESS_LINES][PROGRESS_LINE_MAX]; /* a ring, ready for a terminal */
    size_t line_count;                             /* of all there ever were */
    struct buf partial;                            /* a line that has not ended */
    struct layer {
        char id[16];
        json_int_t current, total;
    } layers[PROGRESS_LAYERS_MAX]; /* of a pull */
    size_t layer_count;
    char id[80];          /* of the image that was built */
    struct error failure; /* what the engine reported; status 0: nothing */
    /* Told each line of the log, fit for a terminal; or NULL. */
    void (*line)(void *data, const char *line);
    void *data;
};

void progress_start(struct progress *progress, bool quiet);
/* One object of the engine's stream; for json_lines of plugin/engine/reply. */
int progress_object(void *data, const json_t *object, struct error *err);
/* Once a second: redraws the line. */
void progress_tick(struct progress *progress);
/* A step that the engine knows nothing of. */
void progress_step(struct progress *progress, const char *what);
/* Ends the line of the last step. */
void progress_end(struct progress *progress);
/* Prints the end of the log. */
void progress_print_log(const struct progress *progress);
/* Adds what helps with this failure, if the log or the message says what it is. */
void progress_advise(const struct progress *progress, struct error *err);
void progress_free(struct progress *progress);

#endif
