/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/listener.h"

#include <errno.h>
#include <sys/socket.h>

enum { ACCEPTS_A_TURN = 64 };

/* Of the one connection, and no reason to wait: accept(2). */
static bool is_passing(int error)
{
    return error == EINTR || error == ECONNABORTED || error == EPROTO || error == EPERM;
}

static void pause_over(struct timer *timer)
{
    struct listener *listener = member_of(timer, struct listener, pause);
    if (reactor_add_input(listener->reactor, &listener->watch) < 0)
        timer_set(listener->reactor, timer, TIMER_TICK);
}

static void listener_ready(struct watch *watch, uint32_t events)
{
    struct listener *listener = member_of(watch, struct listener, watch);
    (void)events;
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        struct sockaddr_storage peer;
        socklen_t size = sizeof peer;
        int fd =
            accept4(watch->fd, (struct sockaddr *)&peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            listener->accepted(listener, fd);
            continue;
        }
        if (errno == EAGAIN)
            return;
        if (is_passing(errno))
            continue;
        reactor_remove(listener->reactor, watch);
        timer_set(listener->reactor, &listener->pause, TIMER_TICK);
        return;
    }
}

int listener_open(struct listener *listener, struct reactor *reactor, int fd)
{
    listener->watch = (struct watch){.fd = fd, .ready = listener_ready};
    listener->pause = (struct timer){.expired = pause_over};
    listener->reactor = reactor;
    return fd < 0 ? 0 : reactor_add_input(reactor, &listener->watch);
}
