/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks through a project and lists what is there. Runs with the agent's filesystem uid, so
 * that what the agent cannot read does not enter; follows no symlink.
 */
#ifndef CLAUDEX_INIT_GIT_SCAN_H
#define CLAUDEX_INIT_GIT_SCAN_H

#include <stdbool.h>

#include "init/git/entries.h"
#include "init/git/ignore.h"
#include "init/git/record.h"
#include "shared/error.h"

struct scan {
    int root;                     /* the project's folder */
    const struct entries *before; /* of the last snapshot; empty: none */
    bool fields_are_true; /* file systems that say so of every write (see scan_believes) */
    struct ignore *ignore;
    bool gather_ignore; /* fill `ignore` with the .gitignore files met; else it is used */
    bool ignored_too;   /* and .gitignore means nothing */
    struct record *record;
};

/*
 * Fills *now. What need not be read again has its id; what must be is ENTRY_FRESH; a folder in
 * which nothing is different, at any depth, is ENTRY_SAME. Files that the last snapshot had are
 * there whatever .gitignore says. Paths that both lists have are the other's memory: see
 * entries_adopt().
 */
int scan(struct scan *scan, struct entries *now, struct error *err);

/* Whether on this file system no content changes without ctime changing, if pages were written
 * back first: not on tmpfs, whose memory-mapped files change in silence. */
bool scan_believes(int root);

#endif
