/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/loop.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/log.h"

int loop_open(struct loop *loop, struct error *err)
{
    loop->ended = 0;
    for (size_t i = 0; i < array_length(loop->watches); i++)
        loop->watches[i].fd = -1;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    return loop->epoll < 0 ? error_errno(err, "cannot make an epoll descriptor") : 0;
}

static struct loop_watch *find(struct loop *loop, int fd)
{
    for (size_t i = 0; i < array_length(loop->watches); i++)
        if (loop->watches[i].fd == fd)
            return &loop->watches[i];
    return NULL;
}

int loop_add(struct loop *loop, int fd, loop_ready *ready, void *context)
{
    struct loop_watch *free = find(loop, -1);
    if (!free) {
        errno = ENOSPC;
        return -1;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        return -1;
    *free = (struct loop_watch){.fd = fd, .ready = ready, .context = context};
    return 0;
}

void loop_remove(struct loop *loop, int fd)
{
    struct loop_watch *watch = find(loop, fd);
    if (!watch)
        return;
    (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
    watch->fd = -1;
}

static void turn(struct loop *loop, int milliseconds)
{
    struct epoll_event events[16];
    int n = epoll_wait(loop->epoll, events, array_length(events), milliseconds);
    if (n < 0 && errno != EINTR) /* EINTR: a debugger came or went */
        warn("waiting for events: %s", strerror(errno));
    for (int i = 0; i < n && !loop->ended; i++) {
        /* Looked up by descriptor: an earlier event of this round may have removed it. */
        struct loop_watch *watch = find(loop, events[i].data.fd);
        if (watch)
            watch->ready(watch->context, watch->fd, events[i].events);
    }
}

void loop_run(struct loop *loop)
{
    while (!loop->ended)
        turn(loop, -1);
}

void loop_turn(struct loop *loop)
{
    turn(loop, 0);
}

void loop_end(struct loop *loop)
{
    loop->ended = 1;
}
