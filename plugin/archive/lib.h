/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libarchive's functions, loaded at first use; inner part of plugin/archive: included, with
 * <archive.h>, by files of plugin/archive only.
 */
#ifndef CLAUDEX_PLUGIN_ARCHIVE_LIB_H
#define CLAUDEX_PLUGIN_ARCHIVE_LIB_H

#include <archive.h>
#include <archive_entry.h>

#include "shared/error.h"

#define ARCHIVE_FUNCTIONS(X)                                                                   \
    X(error_string)                                                                            \
    X(write_new)                                                                               \
    X(write_set_format_gnutar)                                                                 \
    X(write_set_bytes_in_last_block)                                                           \
    X(write_open)                                                                              \
    X(write_header)                                                                            \
    X(write_data)                                                                              \
    X(write_close)                                                                             \
    X(write_free)                                                                              \
    X(read_new)                                                                                \
    X(read_support_format_tar)                                                                 \
    X(read_open)                                                                               \
    X(read_next_header)                                                                        \
    X(read_data_block)                                                                         \
    X(read_free)                                                                               \
    X(entry_new)                                                                               \
    X(entry_clear)                                                                             \
    X(entry_free)                                                                              \
    X(entry_set_pathname)                                                                      \
    X(entry_set_filetype)                                                                      \
    X(entry_set_perm)                                                                          \
    X(entry_set_uid)                                                                           \
    X(entry_set_gid)                                                                           \
    X(entry_set_size)                                                                          \
    X(entry_set_mtime)                                                                         \
    X(entry_set_symlink)                                                                       \
    X(entry_pathname)                                                                          \
    X(entry_hardlink)                                                                          \
    X(entry_symlink)                                                                           \
    X(entry_filetype)                                                                          \
    X(entry_perm)                                                                              \
    X(entry_size)                                                                              \
    X(entry_mtime)                                                                             \
    X(entry_mtime_nsec)

struct archive_functions {
#define X(function) __typeof__(archive_##function) *function;
    ARCHIVE_FUNCTIONS(X)
#undef X
};
extern struct archive_functions lib;

/* 0 or -1; cheap after the first time. */
int archive_lib_load(struct error *err);

#endif
