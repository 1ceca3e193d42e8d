/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/relay.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

void end_ready(struct end *end, uint32_t events)
{
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        end->readable = true;
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        end->writable = true;
}

void socket_reset(int fd)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0}; /* close() resets, socket(7) */
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
}

void end_close(struct reactor *reactor, struct watch *watch, struct end *end, bool reset)
{
    if (end->fd < 0)
        return;
    reactor_remove(reactor, watch);
    if (reset)
        socket_reset(end->fd);
    else
        close(end->fd);
    end->fd = watch->fd = -1;
}

enum flow_state relay_state(const struct flow *up_flow, enum flow_state up,
                            enum flow_state down)
{
    if (up == FLOW_BROKEN || down == FLOW_BROKEN)
        return FLOW_BROKEN;
    if (up_flow->shut && down == FLOW_DONE)
        return FLOW_DONE;
    return up == FLOW_GOES_ON || down == FLOW_GOES_ON ? FLOW_GOES_ON : FLOW_WAITS;
}
