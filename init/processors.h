/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many threads, or processes that compute, are of use.
 */
#ifndef CLAUDEX_INIT_PROCESSORS_H
#define CLAUDEX_INIT_PROCESSORS_H

#include <stddef.h>

/* The processors that this process may run on, at least 1, at most `most`. */
size_t processors(size_t most);

#endif
