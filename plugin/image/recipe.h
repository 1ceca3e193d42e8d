/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a custom image is: a list of Debian packages on top of claudex's own image. Its name is
 * its content, so that all projects with one list share it. Pure.
 */
#ifndef CLAUDEX_PLUGIN_IMAGE_RECIPE_H
#define CLAUDEX_PLUGIN_IMAGE_RECIPE_H

#include <stdbool.h>
#include <stddef.h>

#include "shared/error.h"
#include "shared/session.h"

struct buf;

#define CUSTOM_REPOSITORY "claudex-custom"

enum {
    /* Goes up with every change of what recipe_dockerfile() writes: then all are made anew. */
    RECIPE_VERSION = 2,
    CUSTOM_TAG_SIZE = sizeof CUSTOM_REPOSITORY + 1 + 12, /* "claudex-custom:<12 hex>" and NUL */
    /* A list becomes one word of one command, which Linux limits to 128 KiB (execve(2)). */
    PACKAGES_MAX = 2000,
    PACKAGES_BYTES_MAX = 64 * 1024,
};

/* The list in the order of the bytes, each once, appended to *packages. Too many, or what is no
 * name of a package: -1. */
int recipe_packages(const struct strings *asked, struct strings *packages, struct error *err);

/* Names what they become on the base of this id. `packages` is from recipe_packages(). 0 or -1.
 */
int recipe_tag(const struct strings *packages, const char *base_id, char out[CUSTOM_TAG_SIZE]);

/* True for what recipe_tag() names. */
bool is_custom_tag(const char *tag);

/* The Dockerfile, for both builders; its arguments BASE, `base` unless the build says another,
 * and BASE_ID, for the label. 0 or -1 as buf_append(). */
int recipe_dockerfile(const struct strings *packages, const char *base, struct buf *out);

/* Whose fault it was that a build failed, as APT and dpkg say it. */
enum blame { BLAME_NOBODY, BLAME_UNKNOWN, BLAME_FETCH, BLAME_INSTALL };

/* What a line of the log says: `package` gets the name. */
enum blame recipe_blame(const char *line, char *package, size_t size);

#endif
