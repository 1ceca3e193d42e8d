/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/engine/endpoint.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin/engine/endpoint_context.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/log.h"

enum { PATH_TEXT_MAX = 4096 };

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* --- an address ----------------------------------------------------------------------- */

/* "host[:port]", "[v6]:port"; the default port where there is none. NULL with *err. */
static char *host_and_port(const char *text, bool tls, const char *whole, struct error *err)
{
    const char *end = text + strlen(text);
    if (end > text && end[-1] == '/')
        end--;
    const char *bracket = *text == '[' ? memchr(text, ']', (size_t)(end - text)) : NULL;
    const char *from = bracket ? bracket : text;
    const char *colon = memchr(from, ':', (size_t)(end - from));
    const char *port = colon ? colon + 1 : NULL;
    bool bad = text == end || colon == text || (*text == '[' && !bracket) ||
               memchr(text, '/', (size_t)(end - text)) ||
               memchr(text, '@', (size_t)(end - text)) ||
               (port && (port == end || port + strspn(port, "0123456789") != end));
    if (bad) {
        error_set(err, "%s: expected tcp://HOST:PORT", quoted(whole));
        return NULL;
    }
    struct buf address = BUF_INIT(PATH_TEXT_MAX);
    int failed = buf_append(&address, text, (size_t)(end - text));
    if (!port)
        failed |= buf_puts(&address, tls ? ":2376" : ":2375");
    if (failed) {
        error_set(err, "%s is too long", quoted(whole));
        buf_free(&address);
        return NULL;
    }
    return buf_take(&address);
}

int endpoint_parse(struct endpoint *endpoint, const char *url, bool tls, struct error *err)
{
    static const struct {
        const char *scheme;
        enum endpoint_kind kind;
    } schemes[] = {{"unix://", ENDPOINT_UNIX},
                   {"ssh://", ENDPOINT_SSH},
                   {"tcp://", ENDPOINT_TCP},
                   {"http://", ENDPOINT_TCP},
                   {"https://", ENDPOINT_TLS}};
    const char *rest = strstr(url, "://") ? NULL : url;
    endpoint->kind = ENDPOINT_TCP; /* docker's default: host:port */
    for (size_t i = 0; i < array_length(schemes); i++)
        if (strncmp(url, schemes[i].scheme, strlen(schemes[i].scheme)) == 0) {
            endpoint->kind = schemes[i].kind;
            rest = url + strlen(schemes[i].scheme);
        }
    if (!rest)
        return error_set(err, "%s: expected unix://, tcp:// or ssh://", quoted(url));
    if (*url == '/')
        return error_set(err, "%s: did you mean unix://%s?", quoted(url), quoted(url));
    if (endpoint->kind == ENDPOINT_TCP && tls)
        endpoint->kind = ENDPOINT_TLS;
    if (endpoint->kind == ENDPOINT_UNIX)
        endpoint->address = strdup(*rest ? rest : "/var/run/docker.sock");
    else if (endpoint->kind == ENDPOINT_SSH)
        endpoint->address = strdup(url);
    else
        endpoint->address = host_and_port(rest, endpoint->kind == ENDPOINT_TLS, url, err);
    if (endpoint->address)
        return 0;
    return err->status ? -1 : error_set(err, "out of memory");
}

/* --- which one ------------------------------------------------------------------------ */

/* $DOCKER_CONFIG or ~/.docker, as docker/cli's config.Dir(). */
static char *config_folder(const struct global_options *options)
{
    if (options->config)
        return strdup(options->config);
    const char *named = environment("DOCKER_CONFIG"), *home = environment("HOME");
    if (named)
        return strdup(named);
    struct buf path = BUF_INIT(PATH_TEXT_MAX);
    if (buf_printf(&path, "%s/.docker", home ? home : "") < 0) {
        buf_free(&path);
        return NULL;
    }
    return buf_take(&path);
}

/* A TLS file named outright, or folder/name if that is there. */
static char *tls_file(const char *named, const char *folder, const char *name)
{
    if (named)
        return strdup(named);
    cleanup_buf struct buf path = BUF_INIT(PATH_TEXT_MAX);
    if (buf_printf(&path, "%s/%s", folder, name) < 0 || access(path.data, F_OK) < 0)
        return NULL;
    return buf_take(&path);
}

/* -H, DOCKER_HOST or nothing: the docker CLI's "default" context. */
static int find_default(struct endpoint *endpoint, const struct global_options *options,
                        const char *folder, struct error *err)
{
    bool verify = options->tls_verify_given ? options->tls_verify
                                            : environment("DOCKER_TLS_VERIFY") != NULL;
    bool tls = verify || options->tls || environment("DOCKER_TLS");
    const char *host = options->host ? options->host : environment("DOCKER_HOST");
    if (!host)
        host = tls ? "tcp://localhost:2376" : "unix:///var/run/docker.sock";
    if (endpoint_parse(endpoint, host, tls, err) < 0)
        return error_prefix(err, options->host ? "-H" : "DOCKER_HOST");
    if (endpoint->kind != ENDPOINT_TLS)
        return 0;
    const char *certificates = environment("DOCKER_CERT_PATH");
    if (!certificates)
        certificates = folder;
    endpoint->verify = verify || !tls; /* https:// by itself is checked */
    endpoint->ca = tls_file(options->tls_ca, certificates, "ca.pem");
    endpoint->cert = tls_file(options->tls_cert, certificates, "cert.pem");
    endpoint->key = tls_file(options->tls_key, certificates, "key.pem");
    return 0;
}

int endpoint_find(struct endpoint *endpoint, const struct global_options *options,
                  struct error *err)
{
    *endpoint = (struct endpoint){0};
    if (options->host && options->context)
        return error_usage(err, "-H and --context both say which engine; leave one out");
    cleanup_free char *folder = config_folder(options);
    cleanup_free char *current = NULL;
    if (!folder)
        return error_set(err, "the path of docker's configuration is too long");
    const char *context = options->context && *options->context ? options->context : NULL;
    if (!context && !options->host && !environment("DOCKER_HOST")) {
        context = environment("DOCKER_CONTEXT");
        if (!context && context_current(folder, &current, err) < 0)
            return -1;
        context = context ? context : current;
    }
    bool by_default = !context || strcmp(context, "default") == 0;
    endpoint->context = strdup(by_default ? "default" : context);
    int failed = !endpoint->context ? error_set(err, "out of memory")
                 : by_default       ? find_default(endpoint, options, folder, err)
                                    : context_load(endpoint, folder, err);
    if (failed < 0)
        endpoint_free(endpoint);
    return failed;
}

void endpoint_free(struct endpoint *endpoint)
{
    free(endpoint->address);
    free(endpoint->context);
    free(endpoint->ca);
    free(endpoint->cert);
    free(endpoint->key);
    *endpoint = (struct endpoint){0};
}

bool endpoint_is_local(const struct endpoint *endpoint)
{
#ifdef __linux__
    return endpoint->kind == ENDPOINT_UNIX;
#else
    (void)endpoint;
    return false;
#endif
}
