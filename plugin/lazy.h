/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Libraries that are loaded at their first use. What links libcurl starts in 6 to 7 ms, and the
 * docker CLI starts every plugin to ask for its name, so only what a verb really needs is
 * loaded.
 *
 * The user keeps a struct of typed function pointers and a table of its symbols, both from one
 * X-macro, so that a pointer without a symbol, or of another type, cannot be written:
 *
 *     #define NUMBERS(X) X(parse) X(print)
 *     static struct {
 *     #define X(function) __typeof__(number_##function) *function;
 *         NUMBERS(X)
 *     #undef X
 *     } numbers;
 */
#ifndef CLAUDEX_PLUGIN_LAZY_H
#define CLAUDEX_PLUGIN_LAZY_H

#include <stddef.h>

#include "shared/error.h"

struct lazy_symbol {
    const char *name;
    size_t offset; /* of its pointer in the struct */
};

/*
 * Loads the first of `names` (file names as for dlopen(3), NULL-ended) that is there and fills
 * in every symbol. The library stays loaded. `package` is what Debian calls it, for the
 * message. 0 or -1.
 */
int lazy_load(const char *const *names, const char *package, const struct lazy_symbol *symbols,
              size_t count, void *functions, struct error *err);

#endif
