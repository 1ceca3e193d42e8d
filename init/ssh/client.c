/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/ssh/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    STEPS_A_TURN = 32, /* then others have theirs */
};

/* --- the connection to the agent ---------------------------------------------------------- */

void client_set_timer(struct client *client, enum timer_kind kind)
{
    timer_set(&client->proxy->reactor, &client->timer, kind);
}

static void be_busy(struct client *client)
{
    if (client->idle)
        row_remove(&client->proxy->idle, client);
    client->idle = false;
}

/* NULL: there is none. */
static struct upstream *take_upstream(struct client *client)
{
    struct upstream *upstream = client->far;
    be_busy(client);
    client->far = NULL;
    return upstream;
}

void client_drop_upstream(struct client *client)
{
    struct upstream *upstream = take_upstream(client);
    if (upstream)
        upstream_close(upstream);
}

/* One to which nothing is bound, and that owes no answer, is as good as new for the next, who
 * looks whether it is quiet. */
static void leave_upstream(struct client *client)
{
    if (client->far && !client->bound &&
        (client->state == CLIENT_READS || client->state == CLIENT_ANSWERS))
        upstream_give_back(take_upstream(client));
    else
        client_drop_upstream(client);
}

/* --- its life ---------------------------------------------------------------------------- */

static void forget_request(struct client *client)
{
    const size_t size = frame_size((const uint8_t *)client->in.data, client->in.length);
    if (size < client->in.length)
        buf_consume(&client->in, size);
    else
        buf_free(&client->in);
    buf_free(&client->out);
    buf_free(&client->answer);
    client_release(client, &client->held_in);
    client_release(client, &client->held_answer);
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
    reactor_close(&proxy->reactor, &client->near);
    forget_request(client);
    buf_free(&client->in);
    free(client->binds);
    proxy_client_gone(proxy, client);
    free(client);
}

/* Each of the next three: false where there is nothing more to do now, which may be because
 * the client is gone. */
static bool read_request(struct client *client)
{
    switch (client_read(client, client->near.fd, &client->in, &client->held_in)) {
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

/* What was not asked for came along: nothing more is asked there. */
static void spoiled(struct client *client, size_t size)
{
    client->answer.length = size;
    if (client->bound) {
        exchange_lost(client);
        return;
    }
    client_drop_upstream(client);
    exchange_answer(client);
}

static bool ask(struct client *client)
{
    struct buf *answer = &client->answer;
    if (!client->far) {
        exchange_lost(client);
        return true;
    }
    if (client->written < client->out.length) {
        int wrote = client_write(client, &client->far->watch);
        if (wrote < 0)
            exchange_lost(client);
        /* Nobody answers that fast: it will be an event. */
        return wrote < 0;
    }
    switch (client_read(client, client->far->watch.fd, answer, &client->held_answer)) {
    case FRAME_IS_COMING:
        return false;
    case FRAME_IS_WHOLE:
        if (client_frame(answer).length < answer->length)
            spoiled(client, client_frame(answer).length);
        else
            exchange_answer(client);
        break;
    case FRAME_NEVER:
    case FRAME_BAD:
        exchange_lost(client);
        break;
    }
    return true;
}

static bool give_answer(struct client *client)
{
    int wrote = client_write(client, &client->near);
    if (wrote == 0)
        return false;
    if (wrote < 0 || client->last) {
        client_close(client);
        return false;
    }
    forget_request(client);
    client->state = CLIENT_READS;
    client_set_timer(client, TIMER_IDLE);
    if (!client->far || client->bound)
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
        client->used = false; /* it had its time */
        exchange_lost(client);
        go_on(client);
        return;
    }
}

void client_upstream_ready(struct client *client)
{
    if (client->state == CLIENT_ASKS) {
        go_on(client);
        return;
    }
    if (upstream_is_quiet(client->far))
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

void client_connected(struct client *client, struct upstream *upstream, bool used)
{
    exchange_upstream(client, upstream, used);
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
                              .timer = {.expired = expired},
                              .in = BUF_INIT(FRAME_WHOLE_MAX),
                              .out = BUF_INIT(FRAME_WHOLE_MAX),
                              .answer = BUF_INIT(FRAME_WHOLE_MAX)};
    if (reactor_add_edges(&proxy->reactor, &client->near) < 0) {
        free(client);
        return NULL;
    }
    client_set_timer(client, TIMER_IDLE);
    return client;
}
