/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * far byte|http PORT
 *
 * What is reached through the gate: at every address. `byte` says one byte to who connects and
 * waits for the end; `http` answers each request with 1 KiB and keeps the connection. It takes
 * what comes up to an empty line for a request without a body.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, CONNECTIONS_MAX = 20000, BODY = 1024, BACKLOG = 4096 };

static bool http;
static char answer[BODY + 256];
static size_t answer_length;
static unsigned seen[CONNECTIONS_MAX]; /* of "\r\n\r\n", by descriptor */

static void make_answer(void)
{
    int head = snprintf(answer, sizeof answer,
                        "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n"
                        "Content-Type: text/plain\r\n\r\n",
                        BODY);
    memset(answer + head, 'x', BODY);
    answer_length = (size_t)head + BODY;
}

static void take(int listener, int epoll)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        int on = 1;
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (fd >= CONNECTIONS_MAX || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0 ||
            (!http && write(fd, "!", 1) != 1))
            close(fd);
        else
            seen[fd] = 0;
    }
}

/* An answer for each end of a head among these bytes. */
static int serve(int fd, const char *bytes, ssize_t length)
{
    for (ssize_t i = 0; i < length; i++) {
        seen[fd] = bytes[i] == "\r\n\r\n"[seen[fd]] ? seen[fd] + 1 : bytes[i] == '\r';
        if (seen[fd] < 4)
            continue;
        seen[fd] = 0;
        if (write(fd, answer, answer_length) != (ssize_t)answer_length)
            return -1;
    }
    return 0;
}

static void ready(int fd)
{
    char bytes[16384];
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0 || (http && serve(fd, bytes, n) < 0))
        close(fd);
}

static int listen_at(unsigned long port)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    int on = 1, fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, BACKLOG) < 0)
        return -1;
    return fd;
}

int main(int argc, char **argv)
{
    const struct rlimit many = {CONNECTIONS_MAX, CONNECTIONS_MAX};
    http = argc == 3 && strcmp(argv[1], "http") == 0;
    int listener = argc == 3 ? listen_at(strtoul(argv[2], NULL, 10)) : -1;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    if (listener < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0) {
        perror("far byte|http PORT");
        return 2;
    }
    (void)setrlimit(RLIMIT_NOFILE, &many);
    make_answer();
    for (;;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener)
                take(listener, epoll);
            else
                ready(events[i].data.fd);
        }
    }
}
