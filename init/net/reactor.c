/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/reactor.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "shared/cleanup.h"

static const uint64_t milliseconds[TIMER_KINDS] = {
    [TIMER_TICK] = 50,
    [TIMER_STAGGER] = 250,
    [TIMER_HELLO] = 10 * 1000,
    [TIMER_DIAL] = 30 * 1000,
    [TIMER_SECOND] = 1000,
    [TIMER_LINGER] = 2000,
    [TIMER_QUESTION] = 60 * 1000,
    [TIMER_CONSENT] = 120 * 1000,
    [TIMER_IDLE] = 2 * 3600 * 1000,
};

static uint64_t clock_now(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_BOOTTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

int reactor_open(struct reactor *reactor, struct error *err)
{
    *reactor = (struct reactor){.now = clock_now()};
    for (int i = 0; i < TIMER_KINDS; i++)
        reactor->queues[i].previous = reactor->queues[i].next = &reactor->queues[i];
    reactor->epoll = epoll_create1(EPOLL_CLOEXEC);
    return reactor->epoll < 0 ? error_errno(err, "cannot make an epoll descriptor") : 0;
}

static int add(struct reactor *reactor, struct watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    return epoll_ctl(reactor->epoll, EPOLL_CTL_ADD, watch->fd, &event);
}

int reactor_add(struct reactor *reactor, struct watch *watch)
{
    return add(reactor, watch, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

int reactor_add_edges(struct reactor *reactor, struct watch *watch)
{
    return add(reactor, watch, EPOLLIN | EPOLLRDHUP | EPOLLET);
}

int reactor_add_input(struct reactor *reactor, struct watch *watch)
{
    return add(reactor, watch, EPOLLIN);
}

void reactor_again(struct reactor *reactor, struct watch *watch)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                .data.ptr = watch};
    (void)epoll_ctl(reactor->epoll, EPOLL_CTL_MOD, watch->fd, &event);
}

static void forget(struct reactor *reactor, const struct watch *watch)
{
    for (int i = 0; i < reactor->ready_count; i++)
        if (reactor->ready[i] == watch)
            reactor->ready[i] = NULL;
}

void reactor_remove(struct reactor *reactor, struct watch *watch)
{
    if (watch->fd >= 0)
        (void)epoll_ctl(reactor->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    forget(reactor, watch);
}

/* The last descriptor of a file takes the watch along, epoll(7), and nothing here duplicates.
 */
void reactor_close(struct reactor *reactor, struct watch *watch)
{
    forget(reactor, watch);
    close(watch->fd);
    watch->fd = -1;
}

void timer_stop(struct timer *timer)
{
    if (!timer->next)
        return;
    timer->previous->next = timer->next;
    timer->next->previous = timer->previous;
    timer->previous = timer->next = NULL;
}

void timer_set(struct reactor *reactor, struct timer *timer, enum timer_kind kind)
{
    timer_stop(timer);
    struct timer *head = &reactor->queues[kind];
    timer->kind = kind;
    timer->due = reactor->now + milliseconds[kind];
    timer->previous = head->previous;
    timer->next = head;
    head->previous->next = timer;
    head->previous = timer;
}

static int next_due(const struct reactor *reactor)
{
    uint64_t due = UINT64_MAX;
    for (int i = 0; i < TIMER_KINDS; i++) {
        const struct timer *head = &reactor->queues[i];
        if (head->next != head && head->next->due < due)
            due = head->next->due;
    }
    if (due == UINT64_MAX)
        return -1;
    if (due <= reactor->now)
        return 0;
    return due - reactor->now > INT_MAX ? INT_MAX : (int)(due - reactor->now);
}

static void expire(struct reactor *reactor)
{
    for (int i = 0; i < TIMER_KINDS; i++) {
        struct timer *head = &reactor->queues[i];
        while (head->next != head && head->next->due <= reactor->now) {
            struct timer *timer = head->next;
            timer_stop(timer);
            timer->expired(timer);
        }
    }
}

void reactor_run(struct reactor *reactor)
{
    while (!reactor->ended) {
        struct epoll_event events[REACTOR_EVENTS];
        int count = epoll_wait(reactor->epoll, events, REACTOR_EVENTS, next_due(reactor));
        reactor->now = clock_now();
        reactor->ready_count = count < 0 ? 0 : count;
        for (int i = 0; i < reactor->ready_count; i++)
            reactor->ready[i] = events[i].data.ptr;
        for (int i = 0; i < reactor->ready_count && !reactor->ended; i++) {
            struct watch *watch = reactor->ready[i];
            if (watch)
                watch->ready(watch, events[i].events);
        }
        reactor->ready_count = 0;
        expire(reactor);
    }
}
