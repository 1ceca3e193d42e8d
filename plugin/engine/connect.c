/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugin/engine/curl.h"
#include "plugin/engine/dial.h"
#include "plugin/engine/http.h"
#include "plugin/lazy.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

enum { PUMP_BYTES = 32 * 1024 };

/* --- TLS ------------------------------------------------------------------------------ */

/* Says that we send no more, and goes on reading: a close_notify alert (RFC 8446 6.1), which
 * Go's servers take for the end of the session's input. libcurl has no call for it, but hands
 * out the session; its TLS library is loaded with it. */
static void end_input(CURL *easy)
{
    static const char *const openssl[] = {"libssl.so.3", "libssl.so.1.1", NULL};
    static const char *const gnutls[] = {"libgnutls.so.30", NULL};
    enum { GNUTLS_SHUT_WR = 1 }; /* <gnutls/gnutls.h> */
    struct {
        int (*ssl_shutdown)(void *);
        int (*gnutls_bye)(void *, int);
    } calls = {NULL, NULL};
    static const struct lazy_symbol ssl_shutdown[] = {{"SSL_shutdown", 0}};
    static const struct lazy_symbol gnutls_bye[] = {{"gnutls_bye", sizeof(int (*)(void *))}};
    struct curl_tlssessioninfo *session = NULL;
    struct error ignored = ERROR_INIT;
    curl.easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session);
    if (!session || !session->internals)
        return;
    if (session->backend == CURLSSLBACKEND_OPENSSL &&
        lazy_load(openssl, "libssl3", ssl_shutdown, 1, &calls, &ignored) == 0)
        (void)calls.ssl_shutdown(session->internals);
    else if (session->backend == CURLSSLBACKEND_GNUTLS &&
             lazy_load(gnutls, "libgnutls30", gnutls_bye, 1, &calls, &ignored) == 0)
        (void)calls.gnutls_bye(session->internals, GNUTLS_SHUT_WR);
}

static int send_all(CURL *easy, int remote, const char *bytes, size_t length)
{
    while (length > 0) {
        size_t n = 0;
        CURLcode code = curl.easy_send(easy, bytes, length, &n);
        struct pollfd writable = {.fd = remote, .events = POLLOUT};
        if (code == CURLE_AGAIN)
            (void)poll(&writable, 1, -1);
        else if (code != CURLE_OK)
            return -1;
        bytes += n;
        length -= n;
    }
    return 0;
}

/* Both ways, until the engine ends its side or ours is gone. */
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
        /* Without POLLIN there still is POLLHUP, for when nobody is there any more. */
        struct pollfd fds[] = {{.fd = remote, .events = POLLIN},
                               {.fd = local, .events = open ? POLLIN : 0}};
        if (poll(fds, array_length(fds), -1) < 0 && errno != EINTR)
            return;
        if (open && (fds[1].revents & (POLLIN | POLLHUP))) {
            ssize_t got = read(local, bytes, sizeof bytes);
            if (got > 0 && send_all(easy, remote, bytes, (size_t)got) < 0)
                return;
            open = got > 0 || (got < 0 && errno == EINTR);
            if (!open)
                end_input(easy);
        } else if (fds[1].revents & (POLLHUP | POLLERR)) {
            return;
        }
    }
}

static CURL *connect_only(struct http *http, struct error *err)
{
    char message[CURL_ERROR_SIZE];
    CURL *easy = curl.easy_init();
    if (!easy) {
        error_set(err, "out of memory");
        return NULL;
    }
    if (curl_prepare(http, easy, "/", message, err) == 0) {
        curl.easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
        CURLcode code = curl.easy_perform(easy);
        curl.easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL); /* message ends with this call */
        if (code == CURLE_OK)
            return easy;
        curl_explain(http, code, message, err);
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
    if (endpoint_is_dialled(http->endpoint))
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
