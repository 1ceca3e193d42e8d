/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void drop(struct dial *dial, struct attempt *attempt)
{
    if (attempt->watch.fd < 0)
        return;
    reactor_remove(dial->reactor, &attempt->watch);
    close(attempt->watch.fd);
    attempt->watch.fd = -1;
}

void dial_stop(struct dial *dial)
{
    timer_stop(&dial->stagger);
    for (size_t i = 0; i < dial->next; i++)
        drop(dial, &dial->attempts[i]);
    dial->next = dial->count = 0;
}

static void succeed(struct dial *dial, struct attempt *attempt)
{
    int fd = attempt->watch.fd;
    reactor_remove(dial->reactor, &attempt->watch);
    attempt->watch.fd = -1;
    dial_stop(dial);
    dial->done(dial, fd);
}

static socklen_t fill_address(struct sockaddr_storage *to, const struct address *address,
                              uint16_t port)
{
    memset(to, 0, sizeof *to);
    if (address->family == AF_INET6) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        memcpy(&v6->sin6_addr, address->bytes, sizeof v6->sin6_addr);
        return sizeof *v6;
    }
    struct sockaddr_in *v4 = (struct sockaddr_in *)to;
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    memcpy(&v4->sin_addr, address->bytes, sizeof v4->sin_addr);
    return sizeof *v4;
}

static void attempt_ready(struct watch *watch, uint32_t events);

/* 0: under way (or connected at once, which epoll tells too); -1: dial->error says why not. */
static int try(struct dial *dial, struct attempt *attempt, const struct address *address)
{
    struct sockaddr_storage to;
    socklen_t length = fill_address(&to, address, dial->port);
    attempt->dial = dial;
    attempt->watch.ready = attempt_ready;
    attempt->watch.fd =
        socket(address->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (attempt->watch.fd < 0) {
        dial->error = errno;
        return -1;
    }
    int on = 1;
    (void)setsockopt(attempt->watch.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(attempt->watch.fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if ((connect(attempt->watch.fd, (struct sockaddr *)&to, length) < 0 &&
         errno != EINPROGRESS) ||
        reactor_add(dial->reactor, &attempt->watch) < 0) {
        dial->error = errno;
        close(attempt->watch.fd);
        attempt->watch.fd = -1;
        return -1;
    }
    return 0;
}

/* Tries the next address that can be tried; fails when none is left and none under way. */
static void try_next(struct dial *dial)
{
    while (dial->next < dial->count) {
        size_t i = dial->next++;
        if (try(dial, &dial->attempts[i], &dial->order[i]) == 0) {
            timer_set(dial->reactor, &dial->stagger, TIMER_STAGGER);
            return;
        }
    }
    for (size_t i = 0; i < dial->next; i++)
        if (dial->attempts[i].watch.fd >= 0)
            return;
    dial_stop(dial);
    dial->done(dial, -1);
}

static void attempt_ready(struct watch *watch, uint32_t events)
{
    struct attempt *attempt = member_of(watch, struct attempt, watch);
    struct dial *dial = attempt->dial;
    int error = 0;
    socklen_t length = sizeof error;
    if (!(events & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
        return;
    if (getsockopt(watch->fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
        error = errno;
    if (error == 0) {
        succeed(dial, attempt);
        return;
    }
    dial->error = error;
    drop(dial, attempt);
    try_next(dial);
}

static void stagger_expired(struct timer *timer)
{
    struct dial *dial = member_of(timer, struct dial, stagger);
    if (dial->next < dial->count)
        try_next(dial);
}

/* v6 and v4 by turns, in the order in which each came. */
static void interleave(struct dial *dial, const struct addresses *addresses)
{
    static const int families[] = {AF_INET6, AF_INET};
    size_t at[2] = {0, 0};
    for (size_t turn = 0, dry = 0; dial->count < DIAL_ATTEMPTS_MAX && dry < 2; turn = !turn) {
        while (at[turn] < addresses->count &&
               addresses->list[at[turn]].family != families[turn])
            at[turn]++;
        if (at[turn] == addresses->count) {
            dry++;
            continue;
        }
        dry = 0;
        dial->order[dial->count++] = addresses->list[at[turn]++];
    }
}

void dial_start(struct dial *dial, struct reactor *reactor, const struct addresses *addresses,
                uint16_t port)
{
    dial->reactor = reactor;
    dial->port = port;
    dial->count = dial->next = 0;
    dial->error = EHOSTUNREACH;
    dial->stagger.expired = stagger_expired;
    for (size_t i = 0; i < DIAL_ATTEMPTS_MAX; i++)
        dial->attempts[i].watch.fd = -1;
    interleave(dial, addresses);
    try_next(dial);
}
