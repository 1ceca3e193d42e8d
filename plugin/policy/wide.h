/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much a pattern lets through: what nobody should allow because a line in a terminal says
 * how. Pure.
 */
#ifndef CLAUDEX_PLUGIN_POLICY_WIDE_H
#define CLAUDEX_PLUGIN_POLICY_WIDE_H

#include <stddef.h>

enum { WIDE_TEXT_MAX = 160 };

/* Of what parse_host_pattern() takes: a wildcard over a zone in which anybody can have a name,
 * as plugin/policy/open_zones.inc lists them, or over a registry's; a network of more than 256
 * v4 addresses, or larger than one v6 subnet; an address, however written, at which clouds hand
 * out keys. Says how wide it is: "every IPv4 address there is". NULL for all else. */
const char *wide_pattern(const char *pattern, char out[WIDE_TEXT_MAX]);

#endif
