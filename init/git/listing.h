/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in one folder, with the fields of each, in git's order.
 */
#ifndef CLAUDEX_INIT_GIT_LISTING_H
#define CLAUDEX_INIT_GIT_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "init/git/entries.h"
#include "shared/buf.h"

struct errand;

struct child {
    const char *name; /* in the listing's memory */
    size_t length;
    struct entry fields;   /* without path and id */
    bool ignored;          /* for who walks */
    struct errand *errand; /* for who walks: reads it meanwhile (ahead.h) */
};

enum listing_state {
    LISTING_NONE, /* it cannot be opened, or is another than was expected */
    LISTING_PART, /* not all of it could be read */
    LISTING_WHOLE,
};

struct listing {
    enum listing_state state;
    struct entry folder; /* its own fields */
    struct child *items;
    size_t count, capacity;
    struct buf names;
    struct buf ignore; /* the text of its .gitignore */
    bool ignore_too_large;
};

/* What is to be listed. */
struct listing_of {
    int root;                     /* the project's folder */
    const char *path;             /* below it; "" or with a slash at its end */
    const struct entry *expected; /* the folder as it was seen; NULL: whichever */
    bool ignore;                  /* read .gitignore, too */
};

/*
 * Opened by its whole path, so that depth costs no descriptors; that it is the folder that was
 * seen, and no other through a symlink on the way, its inode says. 0, or -1 when out of memory;
 * the listing is the caller's to free in both cases.
 */
int listing_read(struct listing *listing, const struct listing_of *of);
void listing_free(struct listing *listing);

#endif
