/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What reads a hostile archive; inner part of plugin/archive, whose child runs it
 * (reader.c), so that it is not the process that speaks to the engine.
 */
#ifndef CLAUDEX_PLUGIN_ARCHIVE_UNPACK_H
#define CLAUDEX_PLUGIN_ARCHIVE_UNPACK_H

#include <stdint.h>

#include "plugin/archive/archive.h"
#include "shared/error.h"

struct archive_outcome {
    uint64_t files, bytes;
    struct error failure; /* status 0: all is well */
};

/* The tar that `fd` yields up to its end or the archive's, below `target`, as
 * archive_reader_new() has it. libarchive must have been loaded. */
void archive_unpack(int fd, const char *target, const char *rename_to,
                    const struct archive_limits *limits, struct archive_outcome *outcome);

#endif
