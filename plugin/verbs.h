/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What verbs about boxes share.
 */
#ifndef CLAUDEX_PLUGIN_VERBS_H
#define CLAUDEX_PLUGIN_VERBS_H

#include "plugin/box.h"
#include "plugin/command.h"
#include "shared/error.h"

/* The only operand of a verb that takes one NAME or none; NULL where it was not given. */
int verb_name(const struct invocation *invocation, const char **name, struct error *err);

/* Opens the engine and finds the box. */
int verb_box(struct invocation *invocation, const char *name, bool running, struct box *box,
             struct error *err);

/* After a box that removed itself is gone: so is its folder on this machine. */
void verb_forget(const struct box *box);

/* Does something to each NAME, or to the one box that box_find() chooses without any; goes on
 * after a failure, and tells them all. */
typedef int verb_each(struct invocation *invocation, const struct box *box, struct error *err);
int verb_for_each(struct invocation *invocation, bool running, verb_each *each,
                  struct error *err);

#endif
