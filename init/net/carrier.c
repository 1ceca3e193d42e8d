/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/carrier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init/net/flow.h"
#include "init/net/reactor.h"
#include "init/net/relay.h"
#include "shared/cleanup.h"

struct carrier {
    struct reactor reactor;
    struct watch pair;
    struct pipes pipes;
    struct carried *first; /* list */
    struct carried_table *table;
    unsigned cuts_seen;
};

struct carried {
    struct carrier *carrier;
    struct carried *previous, *next;
    struct watch client_watch, server_watch;
    struct end client, server;
    struct flow up, down;
    struct timer timer;
    struct carried_slot *slot;
};

/* --- one connection ----------------------------------------------------------------------- */

/* The gate looks at the table whenever anything comes; a full pair is as good as a packet. */
static void say_ended(struct carrier *carrier, struct carried_slot *slot)
{
    const uint8_t wake = 0;
    atomic_store(&slot->ended, true);
    (void)send(carrier->pair.fd, &wake, sizeof wake, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void finish(struct carried *carried, bool reset)
{
    struct carrier *carrier = carried->carrier;
    timer_stop(&carried->timer);
    flow_end(&carried->up, &carrier->pipes);
    flow_end(&carried->down, &carrier->pipes);
    end_close(&carrier->reactor, &carried->client_watch, &carried->client, reset);
    end_close(&carrier->reactor, &carried->server_watch, &carried->server, reset);
    if (carried->previous)
        carried->previous->next = carried->next;
    else
        carrier->first = carried->next;
    if (carried->next)
        carried->next->previous = carried->previous;
    say_ended(carrier, carried->slot);
    free(carried);
}

static void move(struct carried *carried)
{
    struct carrier *carrier = carried->carrier;
    enum flow_state up =
        flow_move(&carried->up, &carried->client, &carried->server, &carrier->pipes);
    enum flow_state down =
        flow_move(&carried->down, &carried->server, &carried->client, &carrier->pipes);
    atomic_store_explicit(&carried->slot->up, carried->up.bytes, memory_order_relaxed);
    atomic_store_explicit(&carried->slot->down, carried->down.bytes, memory_order_relaxed);
    enum flow_state state = relay_state(&carried->up, up, down);
    if (state == FLOW_BROKEN || state == FLOW_DONE) {
        finish(carried, state == FLOW_BROKEN);
        return;
    }
    if (state == FLOW_GOES_ON)
        reactor_again(&carrier->reactor, &carried->server_watch);
    timer_set(&carrier->reactor, &carried->timer, TIMER_IDLE);
}

static void client_ready(struct watch *watch, uint32_t events)
{
    struct carried *carried = member_of(watch, struct carried, client_watch);
    end_ready(&carried->client, events);
    move(carried);
}

static void server_ready(struct watch *watch, uint32_t events)
{
    struct carried *carried = member_of(watch, struct carried, server_watch);
    end_ready(&carried->server, events);
    move(carried);
}

static void expired(struct timer *timer)
{
    finish(member_of(timer, struct carried, timer), true);
}

/* --- from the gate ------------------------------------------------------------------------ */

struct packet {
    struct carrier_load load;
    int descriptors[CARRIER_DESCRIPTORS];
    size_t count;
};

/* 1: a connection; 0: a packet that only wakes; -1: there is no packet now, or the pair is
 * closed, which ends the reactor. */
static int receive(struct carrier *carrier, struct packet *packet)
{
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof packet->descriptors)];
    struct iovec bytes = {&packet->load, sizeof packet->load};
    struct msghdr message = {
        .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    ssize_t n = recvmsg(carrier->pair.fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return -1;
    if (n <= 0) {
        carrier->reactor.ended = true;
        return -1;
    }
    packet->count = 0;
    const struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS) {
        packet->count = (head->cmsg_len - CMSG_LEN(0)) / sizeof *packet->descriptors;
        memcpy(packet->descriptors, CMSG_DATA(head), packet->count * sizeof(int));
    }
    return n == sizeof packet->load;
}

/* A direction that holds bytes came with its pipe. Returns how many descriptors that were. */
static size_t unload(struct flow *flow, struct pipes *pipes, const int *descriptors)
{
    if (flow->held == 0)
        return 0;
    flow->pipe[0] = descriptors[0];
    flow->pipe[1] = descriptors[1];
    pipes->open++;
    return 2;
}

/* Where descriptors are missing (EMFILE: the kernel leaves out those that do not fit) or memory
 * is, the connection is over. What came is closed with a reset, so that neither peer takes what
 * it has got for all. */
static void take(struct carrier *carrier, const struct packet *packet)
{
    const struct carrier_load *load = &packet->load;
    const int *fd = packet->descriptors;
    size_t wanted = 2 + (load->up.held > 0 ? 2u : 0u) + (load->down.held > 0 ? 2u : 0u);
    struct carried_slot *slot = &carrier->table->slots[load->slot];
    struct carried *carried = packet->count == wanted ? calloc(1, sizeof *carried) : NULL;
    if (!carried) {
        for (size_t i = 0; i < packet->count; i++)
            socket_reset(fd[i]);
        say_ended(carrier, slot);
        return;
    }
    carried->carrier = carrier;
    carried->slot = slot;
    carried->timer.expired = expired;
    /* Whether they are ready, the first call says. */
    carried->client = (struct end){.fd = fd[0], .readable = true, .writable = true};
    carried->server = (struct end){.fd = fd[1], .readable = true, .writable = true};
    carried->client_watch = (struct watch){.fd = fd[0], .ready = client_ready};
    carried->server_watch = (struct watch){.fd = fd[1], .ready = server_ready};
    carried->up = carried->down = (struct flow)FLOW_INIT;
    carried->up.held = load->up.held;
    carried->up.bytes = load->up.bytes;
    carried->up.ended = load->up.ended;
    carried->up.shut = load->up.shut;
    carried->down.held = load->down.held;
    carried->down.bytes = load->down.bytes;
    carried->down.ended = load->down.ended;
    carried->down.shut = load->down.shut;
    fd += 2;
    fd += unload(&carried->up, &carrier->pipes, fd);
    (void)unload(&carried->down, &carrier->pipes, fd);
    carried->next = carrier->first;
    if (carried->next)
        carried->next->previous = carried;
    carrier->first = carried;
    const bool watched = reactor_add(&carrier->reactor, &carried->client_watch) == 0 &&
                         reactor_add(&carrier->reactor, &carried->server_watch) == 0;
    /* cut() may have come before it was here to be found. */
    if (!watched || atomic_load(&slot->cut))
        finish(carried, true);
    else
        timer_set(&carrier->reactor, &carried->timer, TIMER_IDLE);
}

static void cut(struct carrier *carrier)
{
    unsigned cuts = atomic_load(&carrier->table->cuts);
    if (cuts == carrier->cuts_seen)
        return;
    carrier->cuts_seen = cuts;
    struct carried *next;
    for (struct carried *carried = carrier->first; carried; carried = next) {
        next = carried->next;
        if (atomic_load(&carried->slot->cut))
            finish(carried, true);
    }
}

static void pair_ready(struct watch *watch, uint32_t events)
{
    struct carrier *carrier = member_of(watch, struct carrier, pair);
    struct packet packet;
    (void)events;
    for (int i = 0; i < CARRIER_PACKETS; i++) {
        const int came = receive(carrier, &packet);
        if (came < 0)
            break;
        if (came == 1 && packet.load.slot < CARRIED_MAX)
            take(carrier, &packet);
    }
    cut(carrier);
}

static struct carrier carrier; /* this process is one */

int carrier_open(struct carried_table *table, int pair, struct error *err)
{
    carrier.table = table;
    carrier.pair = (struct watch){.fd = pair, .ready = pair_ready};
    if (reactor_open(&carrier.reactor, err) < 0)
        return -1;
    return reactor_add_input(&carrier.reactor, &carrier.pair) < 0
               ? error_errno(err, "a carrier cannot wait for connections")
               : 0;
}

void carrier_run(void)
{
    reactor_run(&carrier.reactor);
}
