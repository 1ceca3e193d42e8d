/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stat(2)'s fields as an entry has them, and whether two sets of them are the same. Pure.
 */
#ifndef CLAUDEX_INIT_GIT_FIELDS_H
#define CLAUDEX_INIT_GIT_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "init/git/entries.h"

struct stat;

/* git's mode; 0 for what git does not know (sockets, devices). */
uint32_t fields_mode(const struct stat *st);

/* Mode, size, device, inode and times; the rest of the entry stays. */
void fields_take(struct entry *entry, const struct stat *st);

bool fields_same(const struct entry *a, const struct entry *b);

#endif
