/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugin/engine_curl.h"
#include "plugin/engine_dial.h"
#include "plugin/engine_http.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

enum { PUMP_BYTES = 32 * 1024 };

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
