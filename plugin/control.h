/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to PID 1 of a box (shared/control.h): through the FIFO in the box's folder
 * (plugin/state.h), which takes no engine and under a millisecond; where that leads nowhere, as
 * on a remote engine, through `claudex-init ctl` in the box.
 */
#ifndef CLAUDEX_PLUGIN_CONTROL_H
#define CLAUDEX_PLUGIN_CONTROL_H

#include <jansson.h>

#include "plugin/box.h"
#include "plugin/command.h"
#include "shared/control.h"
#include "shared/error.h"

/*
 * A running box, as box_find() chooses it. A box of ours that is named in full or is the one of
 * the current folder is found in the boxes' folders alone, and then no engine is opened: only
 * the box's id, name and state are filled in.
 */
int control_find(struct invocation *invocation, const char *name, struct box *box,
                 struct error *err);

/* 0 when PID 1 did what was asked, with its words in reply->text; else -1 with *err. */
int control_ask(struct invocation *invocation, const struct box *box,
                struct control_request *request, struct control_reply *reply,
                struct error *err);

/* The mode that a running box is in now, by its FIFO alone: asked of many boxes in a row, one
 * that is just being started must not hold the others up. The caller's to free; NULL where
 * nobody answers there. */
char *control_mode(struct invocation *invocation, const struct box *box);

/* A list that comes in pages: asks until it has all, or `most`. A new reference to an array of
 * what the box has, NULL with *err; *total is how many there are. */
json_t *control_pages(struct invocation *invocation, const struct box *box,
                      enum control_word word, size_t most, size_t *total, struct error *err);

/* What the words say, as {"name", "mode", "was" or "why", "message"}, those that are known.
 * Pure. A new reference, NULL when out of memory. */
json_t *control_answer(const char *name, const struct control_reply *reply);

/* Prints it as one line, for people. */
void control_print(const struct invocation *invocation, const json_t *answer);

/* Asks each box, by NAME or all that run (`all`), and prints the answers as the invocation
 * wants them. Goes on after a failure, and tells them all. Returns as a verb does. */
struct control_round {
    struct control_request request;
    char *const *names; /* count 0: the one box_find() chooses */
    size_t count;
    bool all;
    bool lists; /* also what stays connected, by name, where the answer says that something does
                 */
    json_t *about; /* borrowed, may be NULL: goes into every answer */
};
int control_round(struct invocation *invocation, const struct control_round *round,
                  struct error *err);

#endif
