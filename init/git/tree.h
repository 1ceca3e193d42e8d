/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A flat list of entries into git's trees. Pure.
 */
#ifndef CLAUDEX_INIT_GIT_TREE_H
#define CLAUDEX_INIT_GIT_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "init/git/entries.h"

/* Takes the bytes of one tree and says its id. 0, or -1, which ends it. */
typedef int tree_emit(void *context, const void *bytes, size_t length, uint8_t oid[OID_SIZE]);

/*
 * Makes the tree of every folder in the list, deepest first, and stores its id in the folder's
 * entry; but for those that are ENTRY_SAME, whose ids are there. Folders without a file have
 * none in the tree above, as git has it; the project itself always has one. Odd names are
 * encoded (name.h). -1 when out of memory or where emit said so.
 */
int tree_build(struct entries *entries, tree_emit *emit, void *context);

/* One line of a tree. */
int tree_line(struct buf *tree, uint32_t mode, const char *name, size_t length,
              const uint8_t oid[OID_SIZE]);

#endif
