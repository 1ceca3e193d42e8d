/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Internationalised names: bücher.example, as people type it, is xn--bcher-kva.example where
 * names are looked up and compared (RFC 5891, UTS #46 without its transitional mappings). By
 * libidn2, which libcurl brings along, loaded when the first such name is met.
 *
 * Whoever has a name converted says what it became: names that look alike do not do so then.
 */
#ifndef CLAUDEX_PLUGIN_POLICY_IDN_H
#define CLAUDEX_PLUGIN_POLICY_IDN_H

#include <stdbool.h>
#include <stddef.h>

#include "shared/error.h"

bool idn_is_needed(const char *text);

/* The NAME of [*.]NAME[:PORT] converted, the rest as it is. 0, or -1 with `err` for what is no
 * such name, or does not fit. */
int idn_convert(const char *text, char *out, size_t size, struct error *err);

#endif
