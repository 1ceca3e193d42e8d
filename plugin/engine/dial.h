/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections that need no HTTP library: the engine's Unix socket, and a socketpair with an ssh
 * process at its other end.
 */
#ifndef CLAUDEX_PLUGIN_ENGINE_DIAL_H
#define CLAUDEX_PLUGIN_ENGINE_DIAL_H

#include "plugin/engine/endpoint.h"
#include "shared/error.h"

/* For ENDPOINT_UNIX and ENDPOINT_SSH. A connected descriptor, the caller's; or -1 with words
 * that name the remedy. That ssh cannot connect shows only as an early end of file; ssh has
 * then said why on stderr. */
int engine_dial(const struct endpoint *endpoint, struct error *err);

#endif
