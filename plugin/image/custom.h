/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Custom images (plugin/image/recipe.h): which one a list of packages is here, and its build,
 * which happens once however many ask for it.
 */
#ifndef CLAUDEX_PLUGIN_IMAGE_CUSTOM_H
#define CLAUDEX_PLUGIN_IMAGE_CUSTOM_H

#include <stdbool.h>

#include "plugin/engine/engine.h"
#include "plugin/image/recipe.h"
#include "shared/cleanup.h"
#include "shared/error.h"
#include "shared/session.h"

enum { IMAGE_ID_SIZE = 72 }; /* "sha256:", 64 hex digits, NUL */

struct custom {
    struct strings packages; /* sorted, each once */
    char base[IMAGE_ID_SIZE];
    char tag[CUSTOM_TAG_SIZE];
};
void custom_free(struct custom *custom);
#define cleanup_custom cleanup_with(custom_free)

/* Names the image of these packages on claudex's own image as it is now; one request. That one
 * is built where it is not here, unless `build` is false: then it is an error. The custom image
 * itself need not be there. 0 or -1. */
int custom_find(struct engine *engine, const struct strings *asked, bool build,
                struct custom *custom, struct error *err);

/*
 * Builds it, unless it is there already. Another claudex that builds the same is waited for. A
 * failure names the packages that are to blame, has shown the end of the log, and leaves no
 * image; nothing else takes its place. *made (unless NULL) says if there was anything to do.
 */
struct custom_build {
    bool no_cache; /* also where it is there already */
    bool quiet;
};
int custom_build(struct engine *engine, const struct custom *custom,
                 const struct custom_build *how, bool *made, struct error *err);

#endif
