/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which daemon: found as the docker CLI finds it. In this order: --context, -H/--host (both are
 * an error), DOCKER_HOST, DOCKER_CONTEXT, currentContext of config.json, "default".
 * Contexts lie in $DOCKER_CONFIG (or --config, or ~/.docker)/contexts/meta/<id>/meta.json,
 * their TLS files in contexts/tls/<id>/docker/{ca,cert,key}.pem (docker/cli,
 * cli/context/store).
 */
#ifndef CLAUDEX_PLUGIN_ENGINE_ENDPOINT_H
#define CLAUDEX_PLUGIN_ENGINE_ENDPOINT_H

#include <stdbool.h>

#include "shared/error.h"

/* The docker CLI's global options, as they stood before the verb. Borrowed from argv. */
struct global_options {
    const char *config, *context, *host;
    const char *tls_ca, *tls_cert, *tls_key;
    bool tls, tls_verify, tls_verify_given; /* given: also as --tlsverify=false */
    bool debug, help, version;
};

enum endpoint_kind {
    ENDPOINT_UNIX, /* unix:///path */
    ENDPOINT_TCP,  /* tcp://host:port, http:// */
    ENDPOINT_TLS,  /* the same with TLS */
    ENDPOINT_SSH,  /* ssh://[user@]host[:port][/path]: `ssh … docker system dial-stdio` */
};

struct endpoint {
    enum endpoint_kind kind;
    char *address;         /* unix: the path; tcp/tls: host:port; ssh: the whole URL */
    char *context;         /* the context's name; "default" when none was chosen */
    char *ca, *cert, *key; /* TLS files or NULL */
    bool verify;           /* check the server's certificate */
};

/* Reads files and the environment, opens no connection. 0 or -1. */
int endpoint_find(struct endpoint *endpoint, const struct global_options *options,
                  struct error *err);
void endpoint_free(struct endpoint *endpoint);

/* True where the engine's kernel and file system are surely this machine's: a unix socket, and
 * this is Linux. (Docker Desktop is told apart by engine_info.) */
bool endpoint_is_local(const struct endpoint *endpoint);

#endif
