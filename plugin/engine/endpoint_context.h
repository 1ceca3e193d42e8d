/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The docker CLI's store of contexts; inner part of plugin/engine/endpoint.
 */
#ifndef CLAUDEX_PLUGIN_ENGINE_ENDPOINT_CONTEXT_H
#define CLAUDEX_PLUGIN_ENGINE_ENDPOINT_CONTEXT_H

#include <stdbool.h>

#include "plugin/engine/endpoint.h"
#include "shared/error.h"

/* currentContext of folder/config.json: the caller's, NULL where it is not said. 0 or -1. */
int context_current(const char *folder, char **name, struct error *err);

/* Fills in the endpoint of the context endpoint->context. An unknown one is an error that lists
 * those there are. The caller frees the endpoint, also after a failure. */
int context_load(struct endpoint *endpoint, const char *folder, struct error *err);

/* An engine's URL: kind and address of the endpoint. With `tls`, tcp:// means TLS. Pure. */
int endpoint_parse(struct endpoint *endpoint, const char *url, bool tls, struct error *err);

#endif
