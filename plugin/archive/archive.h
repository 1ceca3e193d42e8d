/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tar both ways, by libarchive, which is loaded at first use. The only user of <archive.h>.
 * Archives that come out of a box are hostile: extraction never leaves the target folder, never
 * follows or makes a symlink that leads out, makes no device, no setuid bit, no other owner.
 */
#ifndef CLAUDEX_PLUGIN_ARCHIVE_ARCHIVE_H
#define CLAUDEX_PLUGIN_ARCHIVE_ARCHIVE_H

#include <stdint.h>
#include <sys/types.h>

#include "plugin/engine/engine.h"
#include "shared/error.h"

/* A tar stream being made, for engine_stream's source. */
struct archive_writer;

struct archive_writer *archive_writer_new(struct error *err);
/* A file or folder whose content is in memory; `path` is relative, no leading slash. */
int archive_add_bytes(struct archive_writer *writer, const char *path, mode_t mode, uid_t uid,
                      gid_t gid, const void *bytes, size_t length, struct error *err);
int archive_add_folder(struct archive_writer *writer, const char *path, mode_t mode, uid_t uid,
                       gid_t gid, struct error *err);
/* A file or a whole tree of the host as `path`; `skip` (may be NULL) says which relative paths
 * stay out. uid and gid (uid_t)-1 keep the owner. */
typedef int archive_skip(void *data, const char *relative);
int archive_add_tree(struct archive_writer *writer, const char *source, const char *path,
                     uid_t uid, gid_t gid, archive_skip *skip, void *data, struct error *err);
/* After the last add. Then archive_source() yields the bytes: from memory for small ones, from
 * an unlinked temporary file above 8 MiB. `data` is the struct archive_writer. */
int archive_finish(struct archive_writer *writer, struct error *err);
long archive_source(void *data, char *bytes, size_t size, struct error *err);
void archive_writer_free(struct archive_writer **writer);

/* The other way: bytes as they arrive, unpacked below a folder. archive_sink() is an
 * engine_sink whose `data` is the struct archive_reader. */
struct archive_reader;
struct archive_limits {
    uint64_t bytes, files;
};
/* `rename_to`: the name that the archive's first component gets, or NULL to keep it. */
struct archive_reader *archive_reader_new(const char *target, const char *rename_to,
                                          const struct archive_limits *limits,
                                          struct error *err);
int archive_sink(void *data, const char *bytes, size_t length, struct error *err);
/* At the end of the stream: 0, or what was refused or broken. Counts may be NULL. */
int archive_reader_finish(struct archive_reader *reader, uint64_t *files, uint64_t *bytes,
                          struct error *err);
void archive_reader_free(struct archive_reader **reader);

#endif
