/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/engine_http.h"

#define CURL_DISABLE_TYPECHECK /* its macros know the linked functions only */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "plugin/engine_dial.h"
#include "plugin/engine_ssh.h"
#include "plugin/lazy.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

enum { CONNECT_SECONDS = 15, IDLE_MS = 1000, PUMP_BYTES = 32 * 1024 };

#define CURL_FUNCTIONS(X)                                                                      \
    X(global_init)                                                                             \
    X(easy_init)                                                                               \
    X(easy_cleanup)                                                                            \
    X(easy_reset)                                                                              \
    X(easy_setopt)                                                                             \
    X(easy_getinfo)                                                                            \
    X(easy_perform)                                                                            \
    X(easy_send) X(easy_recv) X(easy_strerror) X(multi_init) X(multi_cleanup)                  \
        X(multi_add_handle) X(multi_remove_handle) X(multi_perform) X(multi_poll)              \
            X(multi_info_read) X(multi_setopt) X(slist_append) X(slist_free_all)

static struct curl_functions {
#define X(function) __typeof__(curl_##function) *function;
    CURL_FUNCTIONS(X)
#undef X
} curl;

static const struct lazy_symbol symbols[] = {
#define X(function) {"curl_" #function, offsetof(struct curl_functions, function)},
    CURL_FUNCTIONS(X)
#undef X
};

static const char *const libraries[] = {"libcurl.so.4", "libcurl-gnutls.so.4",
                                        "libcurl-nss.so.4", "libcurl.4.dylib", NULL};

struct http {
    const struct endpoint *endpoint;
    CURL *easy;
    CURLM *multi;
    char message[CURL_ERROR_SIZE]; /* libcurl's words about the last failure */
    struct ssh_door door;          /* of an ssh endpoint */
};

struct http *http_open(const struct endpoint *endpoint, struct error *err)
{
    static bool loaded;
    if (!loaded) {
        if (lazy_load(libraries, "libcurl4", symbols, array_length(symbols), &curl, err) < 0)
            return NULL;
        /* Its TLS library is set up only for those who speak TLS. */
        long parts = endpoint->kind == ENDPOINT_TLS ? CURL_GLOBAL_DEFAULT : CURL_GLOBAL_NOTHING;
        if (curl.global_init(parts) != CURLE_OK) {
            error_set(err, "libcurl does not start");
            return NULL;
        }
        loaded = true;
    }
    struct http *http = calloc(1, sizeof *http);
    if (http) {
        http->endpoint = endpoint;
        http->door.fd = -1;
        http->easy = curl.easy_init();
        http->multi = curl.multi_init();
    }
    if (!http || !http->easy || !http->multi) {
        http_close(&http);
        error_set(err, "out of memory");
        return NULL;
    }
    return http;
}

void http_close(struct http **http)
{
    struct http *old = take_ptr(*http);
    if (!old)
        return;
    if (old->easy)
        curl.easy_cleanup(old->easy);
    if (old->multi)
        curl.multi_cleanup(old->multi);
    free(old);
}

static bool is_dialled(const struct endpoint *endpoint)
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
static int prepare(struct http *http, CURL *easy, const char *path, struct error *err)
{
    const struct endpoint *endpoint = http->endpoint;
    bool dialled = is_dialled(endpoint);
    struct buf url = BUF_INIT(64 * 1024);
    if (buf_printf(&url, "%s://%s%s", endpoint->kind == ENDPOINT_TLS ? "https" : "http",
                   dialled ? "docker" : endpoint->address, path) < 0) {
        buf_free(&url);
        return error_set(err, "the request %.40s… is too long", quoted(path));
    }
    CURLcode failed = curl.easy_setopt(easy, CURLOPT_URL, url.data); /* copies */
    buf_free(&url);
    http->message[0] = '\0';
    failed |= curl.easy_setopt(easy, CURLOPT_ERRORBUFFER, http->message);
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
static int explain(struct http *http, CURLcode code, struct error *err)
{
    const struct endpoint *endpoint = http->endpoint;
    if (endpoint->kind == ENDPOINT_UNIX && code == CURLE_COULDNT_CONNECT) {
        /* libcurl keeps the reason to itself; asked once more, the socket says it. */
        cleanup_fd int fd = engine_dial(endpoint, err);
        if (fd < 0)
            return -1;
    }
    const char *why = quoted(http->message[0] ? http->message : curl.easy_strerror(code));
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
        return error_set(err, "the connection to the Docker engine at %s failed: %s", where,
                         why);
    }
}

/* --- one exchange --------------------------------------------------------------------- */

struct transfer {
    struct http *http;
    struct http_exchange *exchange;
    struct error *err;
    bool failed; /* *err was filled by a source or sink */
};

static size_t on_header(char *bytes, size_t size, size_t count, void *data)
{
    static const char name[] = "Api-Version:";
    struct transfer *transfer = data;
    size_t length = size * count, at = sizeof name - 1;
    if (length > at && strncasecmp(bytes, name, at) == 0) {
        while (at < length && bytes[at] == ' ')
            at++;
        size_t n = 0;
        char *out = transfer->exchange->api_version;
        while (at < length && n + 1 < sizeof transfer->exchange->api_version &&
               strchr("0123456789.", bytes[at]) && bytes[at] != '\0')
            out[n++] = bytes[at++];
        out[n] = '\0';
    }
    return length;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
    struct transfer *transfer = data;
    struct http_exchange *exchange = transfer->exchange;
    size_t length = size * count;
    if (exchange->status == 0)
        curl.easy_getinfo(transfer->http->easy, CURLINFO_RESPONSE_CODE, &exchange->status);
    if (exchange->sink && exchange->status < 400) {
        if (exchange->sink(exchange->data, bytes, length, transfer->err) == 0)
            return length;
    } else {
        if (buf_append(&exchange->reply, bytes, length) == 0)
            return length;
        error_set(transfer->err, "the engine's answer is too large: more than %zu MiB",
                  exchange->reply.max >> 20);
    }
    transfer->failed = true;
    return length + 1; /* any other number ends the transfer */
}

static size_t on_source(char *bytes, size_t size, size_t count, void *data)
{
    struct transfer *transfer = data;
    struct http_exchange *exchange = transfer->exchange;
    long n = exchange->source(exchange->data, bytes, size * count, transfer->err);
    if (n >= 0)
        return (size_t)n;
    transfer->failed = true;
    return CURL_READFUNC_ABORT;
}

static struct curl_slist *add_header(struct curl_slist *list, const char *header, bool *failed)
{
    struct curl_slist *longer = curl.slist_append(list, header);
    if (!longer)
        *failed = true;
    return longer ? longer : list;
}

static struct curl_slist *make_headers(const struct http_exchange *exchange, bool *failed)
{
    struct curl_slist *list = NULL;
    list = add_header(list, "User-Agent: claudex", failed);
    list = add_header(list, "Expect:", failed); /* no round trip before a body */
    char type[128] = "Content-Type:";           /* without a value: not sent */
    if (exchange->content_type)
        (void)snprintf(type, sizeof type, "Content-Type: %s", exchange->content_type);
    list = add_header(list, type, failed);
    if (exchange->source)
        list = add_header(list, "Transfer-Encoding: chunked", failed);
    for (size_t i = 0; exchange->headers && exchange->headers[i]; i++)
        list = add_header(list, exchange->headers[i], failed);
    return list;
}

static CURLcode prepare_exchange(struct transfer *transfer, struct curl_slist *headers)
{
    struct http_exchange *exchange = transfer->exchange;
    CURL *easy = transfer->http->easy;
    CURLcode failed = curl.easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    failed |= curl.easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    failed |= curl.easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    failed |= curl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    failed |= curl.easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    if (exchange->source) {
        failed |= curl.easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        failed |= curl.easy_setopt(easy, CURLOPT_READFUNCTION, on_source);
        failed |= curl.easy_setopt(easy, CURLOPT_READDATA, transfer);
    } else if (strcmp(exchange->method, "HEAD") == 0) {
        failed |= curl.easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (strcmp(exchange->method, "GET") != 0) {
        failed |=
            curl.easy_setopt(easy, CURLOPT_POSTFIELDS, exchange->body ? exchange->body : "");
        failed |= curl.easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                                   (curl_off_t)exchange->body_length);
    }
    failed |= curl.easy_setopt(easy, CURLOPT_CUSTOMREQUEST, exchange->method);
    return failed;
}

static void tick(const struct http_exchange *exchange, struct timespec *last)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec == last->tv_sec)
        return;
    *last = now;
    exchange->idle(exchange->data);
}

/* Runs the easy handle to its end or to a cancellation. */
static int perform(struct http *http, const struct http_exchange *exchange, CURLcode *code,
                   struct error *err)
{
    struct timespec last = {0};
    *code = CURLE_FAILED_INIT;
    if (curl.multi_add_handle(http->multi, http->easy) != CURLM_OK)
        return error_set(err, "libcurl takes no request");
    int running = 1, result = 0;
    while (running > 0) {
        if (cancel_pending()) {
            result = cancel_error(err);
            break;
        }
        if (curl.multi_perform(http->multi, &running) != CURLM_OK) {
            result = error_set(err, "libcurl cannot go on");
            break;
        }
        if (running == 0)
            break;
        if (exchange->idle)
            tick(exchange, &last);
        struct curl_waitfd waits[] = {{.fd = cancel_descriptor(), .events = CURL_WAIT_POLLIN},
                                      {.fd = http->door.fd, .events = CURL_WAIT_POLLIN}};
        unsigned count = http->door.fd >= 0 ? array_length(waits) : 1;
        (void)curl.multi_poll(http->multi, waits, count, IDLE_MS, NULL);
        if (count > 1 && waits[1].revents &&
            ssh_door_answer(&http->door, http->endpoint->address, err) < 0) {
            result = -1;
            break;
        }
    }
    int left;
    for (CURLMsg *message; (message = curl.multi_info_read(http->multi, &left));)
        if (message->msg == CURLMSG_DONE)
            *code = message->data.result;
    /* In the middle of a transfer this closes the connection, which the engine notices. */
    (void)curl.multi_remove_handle(http->multi, http->easy);
    return result;
}

static int attempt(struct transfer *transfer)
{
    struct http *http = transfer->http;
    struct http_exchange *exchange = transfer->exchange;
    if (prepare(http, http->easy, exchange->path, transfer->err) < 0)
        return -1;
    bool failed = false;
    struct curl_slist *headers = make_headers(exchange, &failed);
    CURLcode code = prepare_exchange(transfer, headers);
    int result;
    if (failed || code != CURLE_OK)
        result = error_set(transfer->err, "libcurl takes no request");
    else
        result = perform(http, exchange, &code, transfer->err);
    curl.slist_free_all(headers);
    if (transfer->failed || result < 0)
        return -1;
    if (code != CURLE_OK)
        return explain(http, code, transfer->err);
    curl.easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &exchange->status);
    return 0;
}

int http_exchange(struct http *http, struct http_exchange *exchange, struct error *err)
{
    struct transfer transfer = {.http = http, .exchange = exchange, .err = err};
    bool door = http->endpoint->kind == ENDPOINT_SSH;
    exchange->status = 0;
    exchange->api_version[0] = '\0';
    curl.easy_reset(http->easy); /* options only; connections stay */
    if (door && ssh_door_open(&http->door, err) < 0)
        return -1;
    int result = attempt(&transfer);
    if (door)
        ssh_door_close(&http->door);
    return result;
}

/* --- a connection for hijacking ------------------------------------------------------- */

/* Both ways until one of them ends; an end of our input is passed on by ending the pump's input
 * only, since TLS has no half-close that engines heed. */
static void pump(CURL *easy, int remote, int local)
{
    char bytes[PUMP_BYTES];
    bool open = true;
    for (;;) {
        size_t n = 0;
        CURLcode code;
        while ((code = curl.easy_recv(easy, bytes, sizeof bytes, &n)) == CURLE_OK && n > 0)
            if (write_all(local, bytes, n) < 0)
                return;
        if (code != CURLE_AGAIN)
            return;
        struct pollfd fds[] = {{.fd = remote, .events = POLLIN},
                               {.fd = open ? local : -1, .events = POLLIN}};
        if (poll(fds, array_length(fds), -1) < 0 && errno != EINTR)
            return;
        if (!(fds[1].revents & (POLLIN | POLLHUP)))
            continue;
        ssize_t got = read(local, bytes, sizeof bytes);
        open = got > 0 || (got < 0 && errno == EINTR);
        for (size_t at = 0; got > 0 && at < (size_t)got; at += n) {
            n = 0;
            code = curl.easy_send(easy, bytes + at, (size_t)got - at, &n);
            if (code == CURLE_AGAIN) {
                struct pollfd writable = {.fd = remote, .events = POLLOUT};
                (void)poll(&writable, 1, -1);
            } else if (code != CURLE_OK) {
                return;
            }
        }
    }
}

static CURL *connect_only(struct http *http, struct error *err)
{
    CURL *easy = curl.easy_init();
    if (!easy) {
        error_set(err, "out of memory");
        return NULL;
    }
    if (prepare(http, easy, "/", err) == 0) {
        curl.easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
        CURLcode code = curl.easy_perform(easy);
        if (code == CURLE_OK)
            return easy;
        explain(http, code, err);
    }
    curl.easy_cleanup(easy);
    return NULL;
}

/* The child makes its TLS connection itself: one that two processes share would break at the
 * first record that the other knows nothing of. */
static int connect_tls(struct http *http, struct error *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return error_errno(err, "cannot make a socket pair");
    pid_t pid = fork();
    if (pid < 0) {
        error_errno(err, "cannot start the process that speaks TLS");
        close(pair[0]);
        close(pair[1]);
        return -1;
    }
    if (pid == 0) {
        /* Lives as long as the stream: signals of our terminal are the parent's to judge. */
        (void)setsid();
        (void)signal(SIGINT, SIG_IGN);
        (void)signal(SIGTERM, SIG_IGN);
        close(pair[0]);
        CURL *easy = connect_only(http, err);
        if (!easy) {
            warn("%s", err->text);
            _exit(EXIT_CLAUDEX);
        }
        curl_socket_t remote = CURL_SOCKET_BAD;
        curl.easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &remote);
        pump(easy, remote, pair[1]);
        curl.easy_cleanup(easy);
        _exit(0);
    }
    close(pair[1]);
    return pair[0];
}

int http_connect(struct http *http, struct error *err)
{
    if (is_dialled(http->endpoint))
        return engine_dial(http->endpoint, err);
    if (http->endpoint->kind == ENDPOINT_TLS)
        return connect_tls(http, err);
    CURL *easy = connect_only(http, err);
    if (!easy)
        return -1;
    curl_socket_t remote = CURL_SOCKET_BAD;
    curl.easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &remote);
    /* libcurl closes its own descriptor; the connection lives on in ours. */
    int fd = fcntl(remote, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        error_errno(err, "cannot keep the connection");
    else
        (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    curl.easy_cleanup(easy);
    return fd;
}
