/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How old an image is, and how large. Pure.
 */
#ifndef CLAUDEX_PLUGIN_IMAGE_AGE_H
#define CLAUDEX_PLUGIN_IMAGE_AGE_H

#include <jansson.h>
#include <stddef.h>

/* Days from an image's making, by the Created of its inspection (RFC 3339, UTC), to `now`
 * (seconds since 1970); -1 for what is no such time, or where the clocks disagree. */
long image_age_days(const char *created, long now);

/* "1.2 GB", "34 MB", "999 B": powers of 1000, as docker has them. */
void print_bytes(json_int_t bytes, char *out, size_t size);

#endif
