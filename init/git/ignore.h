/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * .gitignore, gitignore(5): which files a snapshot leaves out. The rules are those of the
 * session's start: kept, so that nothing written meanwhile can hide a file. Pure: bytes in,
 * verdict out. The bytes are anybody's.
 */
#ifndef CLAUDEX_INIT_GIT_IGNORE_H
#define CLAUDEX_INIT_GIT_IGNORE_H

#include <stdbool.h>
#include <stddef.h>

#include "shared/buf.h"

enum {
    IGNORE_FILE_MAX = 1024 * 1024,      /* a longer .gitignore is not looked at */
    IGNORE_ALL_MAX = 256 * 1024 * 1024, /* all of them together, as kept */
};

struct ignore_rule {
    char *pattern; /* in the text of its file; ended by NUL */
    bool negated, folders_only, anchored, literal;
};

/* One .gitignore. */
struct ignore_file {
    char *folder; /* "" or "a/b/", from the project's root */
    char *text;   /* what the patterns point into */
    size_t folder_length, text_length;
    struct ignore_rule *rules;
    size_t count;
};

struct ignore {
    struct ignore_file *files; /* ascending by folder */
    size_t count;
};

/* Adds the .gitignore of `folder`; folders come in ascending order (memcmp). 0, or -1 when out
 * of memory. */
int ignore_add(struct ignore *ignore, const char *folder, const char *text, size_t length);

/* That of the folder, or NULL. */
const struct ignore_file *ignore_find(const struct ignore *ignore, const char *folder);

enum ignore_verdict { IGNORE_UNDECIDED, IGNORE_YES, IGNORE_NO };

/* What one file says of `path`, which lies below its folder; "a/b", also for a folder. */
enum ignore_verdict ignore_judge(const struct ignore_file *file, const char *path,
                                 bool is_folder);

/* All of it as bytes, and back. -1: out of memory, too much, or damaged. */
int ignore_print(const struct ignore *ignore, struct buf *out);
int ignore_parse(const void *bytes, size_t length, struct ignore *ignore);

void ignore_free(struct ignore *ignore);
#define cleanup_ignore cleanup_with(ignore_free)

/* A pattern of gitignore(5) against a text: *, ?, [a-z], [!a], \x, and ** between slashes.
 * Gives up, without a match, on what would take too long. */
bool ignore_match(const char *pattern, const char *text);

#endif
