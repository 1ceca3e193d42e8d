/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connections of a box as PID 1 lists them (CONTROL_CONNECTIONS), for people. Pure.
 */
#ifndef CLAUDEX_PLUGIN_POLICY_CONNECTIONS_H
#define CLAUDEX_PLUGIN_POLICY_CONNECTIONS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* Those of one host and port together, the most bytes first: objects of "host", "port",
 * "count", "up", "down" and "age" (of the oldest). A new reference; NULL when out of memory. */
json_t *connections_by_host(const json_t *list);

/* "registry.npmjs.org:443: 3 connections, 1.2 MB down, 4.0 kB up, 12 s" */
void connections_line(const json_t *host, char *out, size_t size);

/* "4711 B", "1.2 MB" */
void connections_bytes(uint64_t bytes, char *out, size_t size);

#endif
