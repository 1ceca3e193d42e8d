/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Dockerfile's build arguments, from what the image pins (image/versions), what was asked
 * for and what is there. Pure.
 */
#ifndef CLAUDEX_PLUGIN_IMAGE_ARGUMENTS_H
#define CLAUDEX_PLUGIN_IMAGE_ARGUMENTS_H

#include <jansson.h>
#include <stdbool.h>

#include "plugin/image/image.h"
#include "shared/error.h"

/* A new object {NAME: value}, or NULL for a line that is neither empty, comment nor NAME=value.
 */
json_t *versions_parse(const char *text, struct error *err);

/* True if version a is newer than b: numbers between dots and hyphens compared as numbers,
 * what has a hyphen is older than the same without (semver.org 11). False for equal ones. */
bool version_is_newer(const char *a, const char *b);

/* A version as npm has it, and nothing that a shell or a file name could trip over. */
bool is_version(const char *text);

/* The default of a Dockerfile's "ARG BASE=…", the caller's, or NULL. */
char *dockerfile_base(const char *text);

/* The Dockerfile's build arguments: `versions` (image/versions) with what `build` says instead,
 * and what `labels` of the image that is there has newer; HTTP_PROXY and its kin as `lookup`
 * (getenv) has them. A new reference, NULL when out of memory. Calls nothing but lookup. */
json_t *build_arguments(json_t *versions, const struct image_build *build, const json_t *labels,
                        const char *base, const char *(*lookup)(const char *name));

/* Sets what `lookup` (getenv) has of HTTP_PROXY and its kin, each in both spellings: Docker's
 * predefined arguments, which neither stay in the image nor spoil the cache. */
void add_proxies(json_t *arguments, const char *(*lookup)(const char *name));

/* "name:tag@digest" → name with registry, and tag ("latest" where none is said; "" beside a
 * digest, which stays with the name). The texts are the caller's. 0 or -1. */
int image_reference(const char *reference, char **name, char **tag);

#endif
