/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a single rule means: which destinations a pattern names, and which other patterns it
 * contains. For the few places that look at single rules; policy.h decides by all of them.
 * Pure.
 *
 * An allow without a port stands for 443 and 80, a deny without one for every port.
 */
#ifndef CLAUDEX_INIT_NET_PATTERN_H
#define CLAUDEX_INIT_NET_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/parse.h"

enum { PATTERN_TEXT_MAX = 272 }; /* with NUL */

/* Does a deny of `pattern` deny this name, this address, on this port? */
bool pattern_denies_name(const struct host_pattern *pattern, const char *name, uint16_t port);
bool pattern_denies_address(const struct host_pattern *pattern, int family,
                            const uint8_t *address, uint16_t port);

/* Does a deny of `deny` take away all that an allow of `allow` gives, or some of it? */
bool pattern_denies_all(const struct host_pattern *deny, const struct host_pattern *allow);
bool pattern_denies_some(const struct host_pattern *deny, const struct host_pattern *allow);

bool pattern_equal(const struct host_pattern *a, const struct host_pattern *b);

/* The one spelling of a pattern: what parse_host_pattern() takes. Returns `out`. */
char *pattern_print(const struct host_pattern *pattern, char out[PATTERN_TEXT_MAX]);

#endif
