/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs one of our own scripts, which speak to the engine by the docker CLI.
 */
#ifndef CLAUDEX_PLUGIN_IMAGE_SCRIPT_H
#define CLAUDEX_PLUGIN_IMAGE_SCRIPT_H

#include "plugin/engine/endpoint.h"
#include "shared/error.h"

/* Its output goes to our stderr; DOCKER_HOST or DOCKER_CONTEXT name the endpoint. Ended by
 * engine_cancel(). Returns its exit status, or -1. */
int script_run(const char *const *argv, const struct endpoint *endpoint, struct error *err);

#endif
