/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folders of a session, from what was typed to what is mounted: DIR[:ro] → real path,
 * identity, owner, name in the box; and what must not be put into a box.
 */
#ifndef CLAUDEX_PLUGIN_SESSION_FOLDERS_H
#define CLAUDEX_PLUGIN_SESSION_FOLDERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "shared/error.h"

/* A folder of the host, held open so that what was checked is what is used. */
struct folder {
    char *path; /* real: absolute, no symlink in it (realpath(3)) */
    char *name; /* its last component; "root" for / */
    bool read_only;
    int fd; /* O_PATH | O_DIRECTORY */
    uint64_t device, inode;
    uid_t owner;
};

struct folders {
    struct folder *items;
    size_t count;
};
void folders_free(struct folders *folders);
#define cleanup_folders cleanup_with(folders_free)

/* Who asks, for the pure checks. */
struct folder_limits {
    const char *home;   /* real path of the user's home folder, or NULL */
    const char *socket; /* real path of the engine's socket, or NULL where it is not a file */
    bool force;         /* --force: / and the home folder are meant */
};

/*
 * Opens `text`, a path that ends in ":ro" where the box may not write, and appends it. Refused,
 * with words that say what to do: what is not there, no folder, unreadable, or not writable
 * without :ro; names that the box cannot show; what folder_refusal() refuses.
 */
int folders_add(struct folders *folders, const char *text, bool read_only,
                const struct folder_limits *limits, struct error *err);

/* Each of the operands, or without any the current folder. */
int folders_add_all(struct folders *folders, char *const *operands, size_t count,
                    bool read_only, const struct folder_limits *limits, struct error *err);

/* Pure: NULL, or why a real path does not belong into a box. *forcible says if --force may
 * overrule that. */
const char *folder_refusal(const char *path, const struct folder_limits *limits,
                           bool *forcible);

/* One folder twice, two of one name, or writable ones of several owners: an error. `where` is
 * BOX_WORKSPACE or BOX_CONTEXT, for the message. */
int folders_check(const struct folders *folders, const char *where, struct error *err);

/* The owner of the writable ones, of the first where none is; (uid_t)-1 for no folders. */
uid_t folders_owner(const struct folders *folders);

#endif
