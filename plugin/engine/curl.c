/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/engine/curl.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "plugin/engine/dial.h"
#include "plugin/lazy.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/log.h"

enum { CONNECT_SECONDS = 15 };

struct curl_functions curl;

static const struct lazy_symbol symbols[] = {
#define X(function) {"curl_" #function, offsetof(struct curl_functions, function)},
    CURL_FUNCTIONS(X)
#undef X
};

static const char *const libraries[] = {"libcurl.so.4", "libcurl-gnutls.so.4",
                                        "libcurl-nss.so.4", "libcurl.4.dylib", NULL};

int curl_load(const struct endpoint *endpoint, struct error *err)
{
    static bool loaded;
    if (loaded)
        return 0;
    if (lazy_load(libraries, "libcurl4", symbols, array_length(symbols), &curl, err) < 0)
        return -1;
    /* Its TLS library is set up only for those who speak TLS. */
    long parts = endpoint->kind == ENDPOINT_TLS ? CURL_GLOBAL_DEFAULT : CURL_GLOBAL_NOTHING;
    if (curl.global_init(parts) != CURLE_OK)
        return error_set(err, "libcurl does not start");
    loaded = true;
    return 0;
}

bool endpoint_is_dialled(const struct endpoint *endpoint)
{
    return endpoint->kind == ENDPOINT_UNIX || endpoint->kind == ENDPOINT_SSH;
}

/* As Go's clients do, which the docker CLI is one of: what is on this machine needs no proxy.
 */
static bool is_loopback(const char *address)
{
    static const char *const starts[] = {"localhost:", "127.", "[::1]"};
    for (size_t i = 0; i < array_length(starts); i++)
        if (strncasecmp(address, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

/* What every use of a handle shares. On a Unix socket the URL's host is only a word. */
int curl_prepare(const struct http *http, CURL *easy, const char *path, char *message,
                 struct error *err)
{
    const struct endpoint *endpoint = http->endpoint;
    bool dialled = endpoint_is_dialled(endpoint);
    struct buf url = BUF_INIT(64 * 1024);
    if (buf_printf(&url, "%s://%s%s", endpoint->kind == ENDPOINT_TLS ? "https" : "http",
                   dialled ? "docker" : endpoint->address, path) < 0) {
        buf_free(&url);
        return error_set(err, "the request %.40s… is too long", quoted(path));
    }
    CURLcode failed = curl.easy_setopt(easy, CURLOPT_URL, url.data); /* copies */
    buf_free(&url);
    message[0] = '\0';
    failed |= curl.easy_setopt(easy, CURLOPT_ERRORBUFFER, message);
    failed |= curl.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    failed |= curl.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    failed |= curl.easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (dialled) {
        failed |= curl.easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH,
                                   endpoint->kind == ENDPOINT_SSH ? http->door.path
                                                                  : endpoint->address);
    } else {
        failed |= curl.easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
        if (is_loopback(endpoint->address))
            failed |= curl.easy_setopt(easy, CURLOPT_PROXY, "");
        else
            failed |= curl.easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    }
    if (endpoint->kind == ENDPOINT_TLS) {
        failed |= curl.easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, endpoint->verify ? 1L : 0L);
        failed |= curl.easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, endpoint->verify ? 2L : 0L);
        if (endpoint->ca)
            failed |= curl.easy_setopt(easy, CURLOPT_CAINFO, endpoint->ca);
        if (endpoint->cert)
            failed |= curl.easy_setopt(easy, CURLOPT_SSLCERT, endpoint->cert);
        if (endpoint->key)
            failed |= curl.easy_setopt(easy, CURLOPT_SSLKEY, endpoint->key);
    }
    return failed ? error_set(err, "libcurl is too old for what claudex needs") : 0;
}

/* Words for a failure of libcurl. */
int curl_explain(const struct http *http, CURLcode code, const char *message, struct error *err)
{
    const struct endpoint *endpoint = http->endpoint;
    if (endpoint->kind == ENDPOINT_UNIX &&
        (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST)) {
        /* libcurl keeps the reason to itself; asked once more, the socket says it. */
        cleanup_fd int fd = engine_dial(endpoint, err);
        if (fd < 0)
            return -1;
    }
    const char *why = quoted(message[0] ? message : curl.easy_strerror(code));
    const char *where = quoted(endpoint->address);
    if (endpoint->kind == ENDPOINT_SSH)
        return error_set(err,
                         "the connection to the Docker engine through %s ended: %s\n"
                         "see what ssh said above; try: ssh HOST docker version",
                         where, why);
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
        return error_set(err,
                         "cannot reach the Docker engine at %s: %s\n"
                         "check DOCKER_HOST, DOCKER_CONTEXT and: docker context ls",
                         where, why);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
        return error_set(err,
                         "no TLS with the Docker engine at %s: %s\n"
                         "check DOCKER_CERT_PATH, or --tlscacert, --tlscert and --tlskey",
                         where, why);
    default:
        return error_set(
            err, "the connection to the Docker engine at %s failed: %s%s", where, why,
            endpoint->kind == ENDPOINT_TLS
                ? "\ndoes it take our certificate? check DOCKER_CERT_PATH, or "
                  "--tlscert and --tlskey"
            : endpoint->kind == ENDPOINT_TCP ? "\ndoes it want TLS? try --tlsverify"
                                             : "");
    }
}
