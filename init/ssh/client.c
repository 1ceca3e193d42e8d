/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/ssh/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_AT_ONCE = 16 * 1024,
    STEPS_A_TURN = 32, /* then others have theirs */
};

/* --- frames --------------------------------------------------------------------------------
 */

enum reading { FRAME_IS_WHOLE, FRAME_IS_COMING, FRAME_NEVER, FRAME_BAD };

/* All clients together keep a bounded number of bytes; who comes too late is refused. */
static bool hold(struct client *client, size_t size)
{
    struct proxy *proxy = client->proxy;
    if (proxy->buffered + size > PROXY_BUFFERED_MAX)
        return false;
    proxy->buffered += size;
    client->held += size;
    return true;
}

/* No byte more than the frame has, so that there is nothing to keep for the next. */
static enum reading read_frame(struct client *client, int fd, struct buf *frame)
{
    for (;;) {
        size_t size = frame_size((const uint8_t *)frame->data, frame->length);
        if (size == 0)
            return FRAME_BAD;
        if (frame->length == size)
            return FRAME_IS_WHOLE;
        if (frame->length == FRAME_LENGTH && !hold(client, size))
            return FRAME_BAD;
        size_t room = size - frame->length < READ_AT_ONCE ? size - frame->length : READ_AT_ONCE;
        char *to = buf_reserve(frame, room);
        ssize_t n = to ? recv(fd, to, room, MSG_DONTWAIT) : 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return FRAME_IS_COMING;
        if (n <= 0)
            return FRAME_NEVER;
        frame->length += (size_t)n;
    }
}

/* 1: all is written; 0: it takes no more now; -1: it never will. */
static int write_frame(struct client *client, int fd)
{
    while (client->written < client->out.length) {
        ssize_t n = send(fd, client->out.data + client->written,
                         client->out.length - client->written, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? 0 : -1;
        client->written += (size_t)n;
    }
    return 1;
}

bool client_put_out(struct client *client, const void *frame, size_t length)
{
    buf_clear(&client->out);
    client->written = 0;
    return buf_append(&client->out, frame, length) == 0;
}

struct bytes client_contents(const struct buf *frame)
{
    return (struct bytes){(const uint8_t *)frame->data + FRAME_LENGTH,
                          frame->length - FRAME_LENGTH};
}

/* --- the connection to the agent ---------------------------------------------------------- */

void client_set_timer(struct client *client, enum timer_kind kind)
{
    timer_set(&client->proxy->reactor, &client->timer, kind);
}

bool client_upstream_is_quiet(const struct client *client)
{
    uint8_t byte;
    return recv(client->far.fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 &&
           (errno == EAGAIN || errno == EINTR);
}

static void be_busy(struct client *client)
{
    if (client->idle)
        row_remove(&client->proxy->idle, client);
    client->idle = false;
}

/* -1: there is none. */
static int take_upstream(struct client *client)
{
    int fd = client->far.fd;
    be_busy(client);
    if (fd >= 0)
        reactor_remove(&client->proxy->reactor, &client->far);
    client->far.fd = -1;
    return fd;
}

void client_drop_upstream(struct client *client)
{
    int fd = take_upstream(client);
    if (fd < 0)
        return;
    close(fd);
    proxy_upstream_closed(client->proxy);
}

/* One to which nothing is bound, and that owes no answer, is as good as new for the next. */
static void leave_upstream(struct client *client)
{
    const bool clean = client->far.fd >= 0 && !client->bound &&
                       (client->state == CLIENT_READS || client->state == CLIENT_ANSWERS) &&
                       client_upstream_is_quiet(client);
    if (clean)
        proxy_give_back(client->proxy, take_upstream(client));
    else
        client_drop_upstream(client);
}

/* --- its life ------------------------------------------------------------------------------
 */

static void forget_request(struct client *client)
{
    struct buf *const frames[] = {&client->in, &client->out, &client->answer};
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++)
        buf_free(frames[i]);
    client->proxy->buffered -= client->held;
    client->held = 0;
    client->listing = false;
    client->request = (struct request){.kind = REQUEST_REFUSED};
}

void client_close(struct client *client)
{
    struct proxy *proxy = client->proxy;
    timer_stop(&client->timer);
    if (client->state == CLIENT_WAITS)
        row_remove(&proxy->waiting, client);
    if (client->state == CLIENT_PARKED)
        consent_forget(client);
    leave_upstream(client);
    reactor_remove(&proxy->reactor, &client->near);
    close(client->near.fd);
    forget_request(client);
    free(client->binds);
    proxy_client_gone(proxy, client);
    free(client);
}

/* Each of the next three: false where there is nothing more to do now, which may be because
 * the client is gone. */
static bool read_request(struct client *client)
{
    switch (read_frame(client, client->near.fd, &client->in)) {
    case FRAME_IS_WHOLE:
        be_busy(client);
        exchange_begin(client);
        return true;
    case FRAME_IS_COMING:
        /* Counted from its first byte. */
        if (client->in.length > 0 && client->timer.kind != TIMER_DIAL)
            client_set_timer(client, TIMER_DIAL);
        return false;
    case FRAME_NEVER:
        if (client->in.length == 0) {
            client_close(client);
            return false;
        }
        break;
    case FRAME_BAD:
        break;
    }
    client->last = true;
    exchange_fail(client);
    return true;
}

static bool ask(struct client *client)
{
    int wrote = write_frame(client, client->far.fd);
    if (wrote == 0)
        return false;
    enum reading reading =
        wrote < 0 ? FRAME_NEVER : read_frame(client, client->far.fd, &client->answer);
    if (reading == FRAME_IS_COMING)
        return false;
    if (reading == FRAME_IS_WHOLE)
        exchange_answer(client);
    else
        exchange_lost(client);
    return true;
}

static bool give_answer(struct client *client)
{
    int wrote = write_frame(client, client->near.fd);
    if (wrote == 0)
        return false;
    if (wrote < 0 || client->last) {
        client_close(client);
        return false;
    }
    forget_request(client);
    client->state = CLIENT_READS;
    client_set_timer(client, TIMER_IDLE);
    if (client->far.fd < 0 || client->bound)
        return true;
    if (client->proxy->waiting.count > 0) {
        leave_upstream(client);
        return true;
    }
    row_add(&client->proxy->idle, client);
    client->idle = true;
    return true;
}

/* Until it has to wait for somebody. */
static void go_on(struct client *client)
{
    for (int step = 0; step < STEPS_A_TURN; step++) {
        bool more = false;
        switch (client->state) {
        case CLIENT_READS:
            more = read_request(client);
            break;
        case CLIENT_ASKS:
            more = ask(client);
            break;
        case CLIENT_ANSWERS:
            more = give_answer(client);
            break;
        case CLIENT_PARKED:
        case CLIENT_WAITS:
            break;
        }
        if (!more)
            return;
    }
    reactor_again(&client->proxy->reactor, &client->near);
}

static void near_ready(struct watch *watch, uint32_t events)
{
    struct client *client = member_of(watch, struct client, near);
    /* Both ways: nobody is there to be answered. One way alone is a client that has asked all
     * it wants. */
    if (events & (EPOLLHUP | EPOLLERR))
        client_close(client);
    else
        go_on(client);
}

static void far_ready(struct watch *watch, uint32_t events)
{
    struct client *client = member_of(watch, struct client, far);
    if (client->state == CLIENT_ASKS) {
        go_on(client);
        return;
    }
    if (!(events & ~(uint32_t)EPOLLOUT) || client_upstream_is_quiet(client))
        return;
    client_drop_upstream(client);
    if (client->bound && client->state == CLIENT_PARKED) {
        consent_forget(client);
        exchange_lost(client);
        go_on(client);
        return;
    }
    if (client->bound && client->state == CLIENT_READS)
        client_close(client);
    else
        client->last = client->last || client->bound;
}

static void expired(struct timer *timer)
{
    struct client *client = member_of(timer, struct client, timer);
    switch (client->state) {
    case CLIENT_READS:
    case CLIENT_ANSWERS:
        client_close(client);
        return;
    case CLIENT_PARKED:
        consent_forget(client);
        exchange_unanswered(client);
        go_on(client);
        return;
    case CLIENT_WAITS:
        row_remove(&client->proxy->waiting, client);
        client_not_connected(client);
        return;
    case CLIENT_ASKS:
        client->spare = false; /* it had its time */
        exchange_lost(client);
        go_on(client);
        return;
    }
}

void client_connected(struct client *client, int fd, bool spare)
{
    exchange_upstream(client, fd, spare);
    go_on(client);
}

void client_not_connected(struct client *client)
{
    exchange_no_upstream(client);
    go_on(client);
}

void client_consented(struct client *client, enum consent consent)
{
    exchange_consented(client, consent);
    go_on(client);
}

void client_start(struct client *client)
{
    go_on(client);
}

void client_let_go(struct client *client)
{
    client_drop_upstream(client);
}

struct client *client_accept(struct proxy *proxy, int fd)
{
    struct client *client = calloc(1, sizeof *client);
    if (!client)
        return NULL;
    *client = (struct client){.proxy = proxy,
                              .near = {.fd = fd, .ready = near_ready},
                              .far = {.fd = -1, .ready = far_ready},
                              .timer = {.expired = expired},
                              .in = BUF_INIT(FRAME_WHOLE_MAX),
                              .out = BUF_INIT(FRAME_WHOLE_MAX),
                              .answer = BUF_INIT(FRAME_WHOLE_MAX)};
    if (reactor_add(&proxy->reactor, &client->near) < 0) {
        free(client);
        return NULL;
    }
    client_set_timer(client, TIMER_IDLE);
    return client;
}
