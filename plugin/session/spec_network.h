/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a container's specification says of its ports and of the host's own name: parts of the
 * body of POST /containers/create, Engine API 1.41. Pure; what is returned is the caller's,
 * NULL when out of memory.
 */
#ifndef CLAUDEX_PLUGIN_SESSION_SPEC_NETWORK_H
#define CLAUDEX_PLUGIN_SESSION_SPEC_NETWORK_H

#include <jansson.h>

#include "shared/session.h"

/* {"3000/tcp": {}} */
json_t *spec_exposed_ports(const struct session *session);
/* {"3000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "3000"}]} */
json_t *spec_port_bindings(const struct session *session);
/* ["host.docker.internal:host-gateway"] where the configuration allows something on the host,
 * which the engine then writes into the box's /etc/hosts: Docker Desktop's name servers know
 * that name anyway, those of Linux don't. Otherwise [], and not always: an engine that has no
 * bridge of its own knows no such address, and would refuse to make the box. */
json_t *spec_extra_hosts(const struct session *session);

#endif
