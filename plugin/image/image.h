/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image: where it is built from, under which tag, and how a build's progress is shown.
 */
#ifndef CLAUDEX_PLUGIN_IMAGE_IMAGE_H
#define CLAUDEX_PLUGIN_IMAGE_IMAGE_H

#include <stdbool.h>

#include "plugin/engine/engine.h"
#include "shared/error.h"
#include "shared/session.h"

/* "claudex:<version>". */
extern const char image_default_tag[];

/* The folder with Dockerfile, image/, init/, shared/ …: $CLAUDEX_DATA, then ../share/claudex
 * seen from this executable, then the compiled-in place, then the source tree. Owned by the
 * caller. */
char *image_data_folder(struct error *err);

/* GET /images/{tag or id}/json: -1 on failure, 0 no such image, 1 with a new reference. */
int image_inspect(struct engine *engine, const char *tag, json_t **reply, struct error *err);

/* True if the engine has `tag`. -1 on failure, 0 no, 1 yes. */
int image_exists(struct engine *engine, const char *tag, struct error *err);

/* The image's labels, a new reference, in *labels. -1 on failure, 0 no such image, 1 yes. */
int image_labels(struct engine *engine, const char *tag, json_t **labels, struct error *err);

/* getenv(3), as the pure parts want it. */
const char *lookup_environment(const char *name);

/* Tells the user where claudex's own image, as inspected, is older than a month. */
void image_tell_age(const json_t *image);

struct image_build {
    const char *tag;  /* NULL: image_default_tag */
    const char *base; /* NULL: the Dockerfile's */
    bool no_cache;
    bool bootstrap;              /* make the base image here instead of pulling it */
    struct strings certificates; /* PEM files of extra CAs */
    const char *authorities;     /* PEM text of all extra CAs there are to be; NULL: as found */
    const char *refresh_agents;  /* new value of the agents' layer key, or NULL (update) */
    /* NULL: those of image/versions, or what the image of that tag has, where it is newer:
     * an update lasts. */
    const char *claude_version, *codex_version;
    bool quiet;
};
/* Builds with progress on stderr; *id (unless NULL) gets the new image's id, the caller's. A
 * failure shows the end of the log and leaves no half-made image. */
int image_build(struct engine *engine, const struct image_build *build, char **id,
                struct error *err);

/* The id, the caller's, of an image that has no other name than `tag`; NULL where there is
 * none.
 */
char *image_sole_id(struct engine *engine, const char *tag);
/* Removes the image `old` that had the tag of `new` before: it would stay, nameless and a
 * gigabyte large. What else still uses it, a box for one, keeps it: then the engine refuses,
 * which is right. Either may be NULL. */
void image_remove_replaced(struct engine *engine, const char *old, const char *new);

#endif
