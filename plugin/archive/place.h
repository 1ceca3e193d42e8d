/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts what a hostile archive names below one folder, and nowhere else; inner part of
 * plugin/archive, and free of libarchive.
 *
 * Paths are walked one component at a time, each opened relative to the last without following
 * links, so that an agent who swaps folders for links meanwhile (the folder may be the project
 * that it works in) gains nothing. What libarchive's own SECURE flags check by name, and would
 * have to check again at every use, cannot happen here.
 */
#ifndef CLAUDEX_PLUGIN_ARCHIVE_PLACE_H
#define CLAUDEX_PLUGIN_ARCHIVE_PLACE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "plugin/archive/archive.h"
#include "shared/error.h"

enum place_kind {
    PLACE_FILE,
    PLACE_FOLDER,
    PLACE_LINK,      /* symbolic */
    PLACE_HARD_LINK, /* to an earlier entry */
    PLACE_OTHER,     /* devices and the like: refused */
};

struct place_entry {
    enum place_kind kind;
    const char *path, *link; /* as the archive has them; link of the two kinds that have one */
    mode_t mode;
    int64_t size;
    struct timespec modified;
};

enum { PLACE_DEPTH_MAX = 128, PLACE_PATH_MAX = 4096, PLACE_SHOWN_MAX = 5 };

struct placer {
    int target; /* the folder; owned */
    const char *rename_to;
    struct archive_limits limits;
    uint64_t files, bytes;        /* done so far */
    uint64_t refused;             /* entries left out */
    char reasons[ERROR_TEXT_MAX]; /* why, of the first PLACE_SHOWN_MAX, one a line */
    void *made; /* inode numbers of files made here: what hard links may name */
};

/* `target` must exist. 0 or -1. */
int placer_open(struct placer *placer, const char *target, const char *rename_to,
                const struct archive_limits *limits, struct error *err);
void placer_close(struct placer *placer);

/* Makes the entry. For a file *fd gets a descriptor to write it to (the caller's), else -1.
 * 0, also for an entry that is refused, which is counted and has no *fd; -1 when all is over: a
 * limit passed, a disk full. */
int placer_place(struct placer *placer, const struct place_entry *entry, int *fd,
                 struct error *err);

/* The components of an archive's path, without "." and empty ones, in `storage` (of
 * PLACE_PATH_MAX bytes). Returns how many, or -1 for one that is absolute, has "..", or is too
 * long or deep. Pure. */
int place_split(const char *path, char *storage, const char *components[PLACE_DEPTH_MAX]);

/* True if a symbolic link at `depth` folders below the target cannot lead out of it: relative,
 * ".." at its start only (behind another name, ".." is that of wherever a link there leads),
 * and not more than depth of them. Pure. */
int place_link_is_inside(const char *link, int depth);

#endif
