/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/ssh/upstream.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init/ssh/client.h"

bool upstream_is_quiet(const struct upstream *upstream)
{
    char byte;
    return recv(upstream->watch.fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 &&
           (errno == EAGAIN || errno == EINTR);
}

/* --- wishes ------------------------------------------------------------------------------ */

static bool is_full(const struct proxy *proxy)
{
    return proxy->upstreams + proxy->asked >= PROXY_UPSTREAMS_MAX;
}

/* One for everybody who waits. */
void upstreams_want(struct proxy *proxy)
{
    if (is_full(proxy) && proxy->waiting.count > 0 && proxy->idle.first) {
        client_let_go(proxy->idle.first); /* and so comes here again */
        return;
    }
    while (proxy->asked < proxy->waiting.count && proxy->asked < PROXY_ASKED_MAX &&
           !proxy->busy && !is_full(proxy)) {
        if (!proxy_send(proxy, &(struct message){.kind = MESSAGE_WANT})) {
            proxy->busy = true;
            timer_set(&proxy->reactor, &proxy->again, TIMER_TICK);
            return;
        }
        proxy->asked++;
    }
}

void upstream_wait(struct proxy *proxy, struct client *client)
{
    row_add(&proxy->waiting, client);
    upstreams_want(proxy);
}

/* --- the spare one ----------------------------------------------------------------------- */

/* A box that asks nothing holds no connection to the agent. */
static void spare_is_old(struct timer *timer)
{
    upstream_close(member_of(timer, struct proxy, spare_age)->spare);
}

void upstreams_init(struct proxy *proxy)
{
    proxy->spare_age.expired = spare_is_old;
}

struct upstream *upstream_take_spare(struct proxy *proxy)
{
    struct upstream *upstream = proxy->spare;
    proxy->spare = NULL;
    timer_stop(&proxy->spare_age);
    return upstream;
}

static void spare_keep(struct upstream *upstream)
{
    struct proxy *proxy = upstream->proxy;
    upstream->client = NULL;
    proxy->spare = upstream;
    timer_set(&proxy->reactor, &proxy->spare_age, TIMER_DIAL);
}

/* --- their lives ------------------------------------------------------------------------- */

static void ready(struct watch *watch, uint32_t events)
{
    struct upstream *upstream = member_of(watch, struct upstream, watch);
    (void)events;
    if (upstream->client)
        client_upstream_ready(upstream->client);
    /* The spare one was asked nothing, so that whatever it says is its end. */
    else if (!upstream_is_quiet(upstream))
        upstream_close(upstream);
}

void upstream_close(struct upstream *upstream)
{
    struct proxy *proxy = upstream->proxy;
    if (proxy->spare == upstream)
        (void)upstream_take_spare(proxy);
    reactor_close(&proxy->reactor, &upstream->watch);
    free(upstream);
    proxy->upstreams--;
    upstreams_want(proxy);
}

static struct client *first_in_row(struct proxy *proxy)
{
    struct client *client = proxy->waiting.first;
    if (client)
        row_remove(&proxy->waiting, client);
    return client;
}

/* To whom it may concern. */
static void pass_on(struct upstream *upstream, bool used)
{
    struct proxy *proxy = upstream->proxy;
    struct client *client = first_in_row(proxy);
    if (client)
        client_connected(client, upstream, used);
    else if (!proxy->spare)
        spare_keep(upstream);
    else
        upstream_close(upstream);
}

void upstream_give_back(struct upstream *upstream)
{
    pass_on(upstream, true);
}

void upstream_given(struct proxy *proxy, int fd)
{
    struct upstream *upstream = calloc(1, sizeof *upstream);
    if (upstream)
        *upstream = (struct upstream){.watch = {.fd = fd, .ready = ready}, .proxy = proxy};
    if (!upstream || reactor_add_edges(&proxy->reactor, &upstream->watch) < 0) {
        free(upstream);
        close(fd);
        upstream_not_given(proxy, ENOMEM);
        return;
    }
    proxy->upstreams++;
    pass_on(upstream, false);
}

void upstream_not_given(struct proxy *proxy, int error)
{
    /* The agent's own queue is full (unix(7), EAGAIN): it will be less so. */
    if (error == EAGAIN) {
        proxy->busy = true;
        timer_set(&proxy->reactor, &proxy->again, TIMER_TICK);
        return;
    }
    struct client *client = first_in_row(proxy);
    if (client)
        client_not_connected(client);
}
