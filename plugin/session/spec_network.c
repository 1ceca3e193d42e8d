/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/session/spec_network.h"

#include <netinet/in.h>
#include <stdio.h>

#include "shared/names.h"

static const char *protocol_name(const struct port *port)
{
    return port->protocol == IPPROTO_UDP ? "udp" : "tcp";
}

/* What both port objects are keyed by: "3000/tcp". */
static void port_key(const struct port *port, char out[16])
{
    (void)snprintf(out, 16, "%u/%s", (unsigned)port->container, protocol_name(port));
}

json_t *spec_exposed_ports(const struct session *session)
{
    json_t *set = json_object();
    for (size_t i = 0; i < session->run.port_count; i++) {
        char key[16];
        port_key(&session->run.ports[i], key);
        if (json_object_set_new(set, key, json_object()) < 0) {
            json_decref(set);
            return NULL;
        }
    }
    return set;
}

json_t *spec_port_bindings(const struct session *session)
{
    json_t *bindings = json_object();
    for (size_t i = 0; i < session->run.port_count; i++) {
        const struct port *port = &session->run.ports[i];
        char key[16], host[8] = ""; /* "": the engine chooses */
        port_key(port, key);
        if (port->host)
            (void)snprintf(host, sizeof host, "%u", (unsigned)port->host);
        json_t *list = json_object_get(bindings, key);
        if (!list && json_object_set_new(bindings, key, list = json_array()) < 0)
            list = NULL;
        if (json_array_append_new(
                list, json_pack("{s:s, s:s}", "HostIp", port->host_ip, "HostPort", host)) < 0) {
            json_decref(bindings);
            return NULL;
        }
    }
    return bindings;
}

json_t *spec_extra_hosts(const struct session *session)
{
    if (session->network.host || !session_allows_host(session))
        return json_array();
    return json_pack("[s]", HOST_OF_BOX ":host-gateway");
}
