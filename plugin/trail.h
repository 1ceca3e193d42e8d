/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The audit trail of a project, from outside: which volume holds it, and what is asked of it
 * (init/trail.h), through the box that runs, or where there is none through a container for
 * this question alone, that has no network.
 */
#ifndef CLAUDEX_PLUGIN_TRAIL_H
#define CLAUDEX_PLUGIN_TRAIL_H

#include <stdbool.h>

#include "plugin/command.h"
#include "shared/buf.h"
#include "shared/error.h"
#include "shared/session.h"

/* The volume's name, by the project's real path. The caller's; NULL when out of memory. */
char *trail_volume(const char *real_path);

/* Where the trail is reached. */
struct trail {
    struct engine *engine;
    char *box;       /* id of the box that runs; NULL: none */
    json_t *folders; /* real paths of its projects, or of the one that lies here */
    char *volume;    /* of the latter, where it is not named by its path; else NULL */
    bool local;
};
/* Of the box NAME, of the one of the current folder, else of the project that the current
 * folder is in; that of compose is known by its containers, also by one that has ended. */
int trail_find(struct invocation *invocation, const char *name, struct trail *trail,
               struct error *err);
void trail_free(struct trail *trail);
#define cleanup_trail cleanup_with(trail_free)

/* Asks `words` (NULL-ended, without "trail") and takes what is answered into *answer. A
 * container for this alone sees the projects only if `projects`, and may write there only if
 * `writes`. */
struct trail_question {
    const char *const *words;
    bool projects, writes;
};
int trail_ask(const struct trail *trail, const struct trail_question *question,
              struct buf *answer, struct error *err);

/* The same, parsed: a new reference, or NULL. */
json_t *trail_ask_json(const struct trail *trail, const struct trail_question *question,
                       struct error *err);

/* A path as typed in the current folder, as init/trail.h wants it: from the project's root,
 * with its name in front where there are several. The caller's; NULL with *err. Pure but for
 * the current folder's name, which is given. */
char *trail_path(const json_t *folders, const char *here, const char *path, struct error *err);
/* Adds "--" and the operands from this one on, as trail_path() has them; none of them where one
 * is all there is, as "." in a project's own folder. */
int trail_add_paths(const json_t *folders, const struct arguments *arguments, size_t from,
                    struct strings *words, struct error *err);

/* "start", "last", or digits of an id. Pure. */
bool trail_is_snapshot(const char *word);

#endif
