/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shell completion as the docker CLI's shell scripts ask for it: cobra's `__complete`
 * (spf13/cobra, completions.go). One candidate a line, a tab and a description behind it, and
 * at the end ":N", what the shell is to do beside that.
 */
#ifndef CLAUDEX_PLUGIN_COMPLETE_H
#define CLAUDEX_PLUGIN_COMPLETE_H

#include <stdbool.h>

struct invocation;
struct command;

/* The words from the verb on; the last one is what the cursor stands in, maybe "". Completion
 * never fails: where nothing is known, nothing is offered. */
void complete_words(struct invocation *invocation, int count, char **words, bool describe);

#endif
