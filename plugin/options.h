/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arguments → struct arguments, by tables of struct option_spec (plugin/command.h). Pure.
 *
 * Understood: -a VALUE, -aVALUE, -ab (flags in one word), --agent VALUE, --agent=VALUE,
 * --flag, --flag=yes|no, and "--", after which nothing is an option.
 */
#ifndef CLAUDEX_PLUGIN_OPTIONS_H
#define CLAUDEX_PLUGIN_OPTIONS_H

#include "plugin/command.h"
#include "shared/error.h"

/* Options that every verb has: --help, --format, --quiet. */
extern const struct option_spec common_options[];
extern const size_t common_option_count;

/*
 * Parses a verb's `count` arguments, without the verb itself. What it finds borrows from argv;
 * the arrays belong to *arguments: options_free(). 0, or -1 with a usage error that names what
 * was probably meant.
 */
int options_parse(struct arguments *arguments, const struct command *command, int count,
                  char **argv, struct error *err);
void options_free(struct arguments *arguments);

/*
 * The options of the docker CLI itself, in front of the verb. Returns how many words they take:
 * up to the first word that is no option, or with `lenient` to the first that is none of these,
 * too. -1 with a usage error.
 */
int globals_parse(struct global_options *global, int count, char **argv, bool lenient,
                  struct error *err);
extern const struct option_spec global_specs[];
extern const size_t global_spec_count;

#endif
