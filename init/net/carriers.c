/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/carriers.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/log.h"

/* --- their beginning ---------------------------------------------------------------------- */

/* In a new carrier: the tables that the gate shares with the ones before it are not for it. */
static void forget_others(const struct carriers *carriers)
{
    for (size_t i = 0; i < carriers->count; i++)
        (void)munmap(carriers->list[i].table, sizeof *carriers->list[i].table);
}

static int fork_one(struct carriers *carriers, carrier_child *child, void *context,
                    struct error *err)
{
    int ends[2];
    struct carrier_end *carrier = &carriers->list[carriers->count];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
        return error_errno(err, "cannot make a socket pair for a carrier");
    cleanup_fd int ours = ends[0];
    cleanup_fd int theirs = ends[1];
    void *table = mmap(NULL, sizeof *carrier->table, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (table == MAP_FAILED)
        return error_errno(err, "cannot make a carrier's table");
    pid_t pid = fork();
    if (pid < 0) {
        (void)error_errno(err, "cannot start a carrier");
        (void)munmap(table, sizeof *carrier->table);
        return -1;
    }
    if (pid == 0) {
        forget_others(carriers);
        child(table, theirs, context);
        _exit(0);
    }
    carrier->carriers = carriers;
    carrier->table = table;
    carrier->pair.fd = take_fd(&ours);
    carriers->count++;
    return 0;
}

void carriers_fork(struct carriers *carriers, size_t count, carrier_child *child, void *context)
{
    struct error err = ERROR_INIT;
    if (count > CARRIERS_MAX)
        count = CARRIERS_MAX;
    while (carriers->count < count)
        if (fork_one(carriers, child, context, &err) < 0) {
            warn("%s; the gate goes on with %zu", err.text, carriers->count);
            return;
        }
}

/* --- what they say ------------------------------------------------------------------------ */

/* What this carrier has ended, or all that it had. */
static void collect(struct carrier_end *carrier, bool all)
{
    for (uint32_t slot = 0; slot < carrier->used && carrier->carries > 0; slot++) {
        if (!carrier->taken[slot] || (!all && !atomic_load(&carrier->table->slots[slot].ended)))
            continue;
        void *owner = carrier->owners[slot];
        carrier->owners[slot] = NULL;
        carrier->taken[slot] = false;
        carrier->freed[carrier->freed_count++] = slot;
        carrier->carries--;
        if (owner)
            carrier->carriers->ended(owner);
    }
}

/* The kernel has closed what it carried. The others go on. */
static void lost(struct carrier_end *carrier)
{
    warn("a carrier of the gate died, and %zu connections with it", carrier->carries);
    reactor_close(carrier->carriers->reactor, &carrier->pair);
    collect(carrier, true);
}

static void pair_ready(struct watch *watch, uint32_t events)
{
    struct carrier_end *carrier = member_of(watch, struct carrier_end, pair);
    uint8_t wake[8];
    ssize_t n = 1;
    (void)events;
    for (int i = 0; i < CARRIER_PACKETS && n > 0; i++)
        n = recv(watch->fd, wake, sizeof wake, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        lost(carrier);
    else
        collect(carrier, false);
}

int carriers_open(struct carriers *carriers, struct reactor *reactor, size_t descriptors,
                  void (*ended)(void *), struct error *err)
{
    carriers->reactor = reactor;
    carriers->most = descriptors / CARRIER_DESCRIPTORS;
    carriers->ended = ended;
    for (size_t i = 0; i < carriers->count; i++) {
        carriers->list[i].pair.ready = pair_ready;
        if (reactor_add_input(reactor, &carriers->list[i].pair) < 0)
            return error_errno(err, "cannot listen to the gate's carriers");
    }
    return 0;
}

/* --- what they are told ------------------------------------------------------------------- */

static struct carrier_end *least_loaded(struct carriers *carriers)
{
    struct carrier_end *least = NULL;
    for (size_t i = 0; i < carriers->count; i++)
        if (carriers->list[i].pair.fd >= 0 && carriers->list[i].carries < carriers->most &&
            (!least || carriers->list[i].carries < least->carries))
            least = &carriers->list[i];
    return least;
}

static size_t load_flow(const struct flow *flow, int *descriptors)
{
    if (flow->held == 0)
        return 0;
    memcpy(descriptors, flow->pipe, sizeof flow->pipe);
    return 2;
}

static int hand_on(int pair, const struct carrier_load *load, const int *descriptors,
                   size_t count)
{
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(CARRIER_DESCRIPTORS * sizeof(int))] = {0};
    struct iovec bytes = {(void *)load, sizeof *load};
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = room,
                             .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(head), descriptors, count * sizeof(int));
    return sendmsg(pair, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof *load ? 0
                                                                                         : -1;
}

static void clear(struct carried_slot *slot, const struct flow *up, const struct flow *down)
{
    atomic_store(&slot->up, up->bytes);
    atomic_store(&slot->down, down->bytes);
    atomic_store(&slot->cut, false);
    atomic_store(&slot->ended, false);
}

int carriers_take(struct carriers *carriers, void *owner, const struct end *client,
                  const struct end *server, const struct flow *up, const struct flow *down,
                  struct carried_at *at)
{
    struct carrier_end *carrier = least_loaded(carriers);
    if (!carrier || (carrier->freed_count == 0 && carrier->used == CARRIED_MAX))
        return -1;
    const uint32_t slot = carrier->freed_count > 0 ? carrier->freed[carrier->freed_count - 1]
                                                   : (uint32_t)carrier->used;
    const struct carrier_load load = {
        .slot = slot,
        .up = {up->held, up->bytes, up->ended, up->shut},
        .down = {down->held, down->bytes, down->ended, down->shut},
    };
    int descriptors[CARRIER_DESCRIPTORS] = {client->fd, server->fd};
    size_t count = 2;
    count += load_flow(up, descriptors + count);
    count += load_flow(down, descriptors + count);
    clear(&carrier->table->slots[slot], up, down);
    if (hand_on(carrier->pair.fd, &load, descriptors, count) < 0)
        return -1;
    if (carrier->freed_count > 0)
        carrier->freed_count--;
    else
        carrier->used++;
    carrier->owners[slot] = owner;
    carrier->taken[slot] = true;
    carrier->carries++;
    *at = (struct carried_at){carrier, slot};
    return 0;
}

/* A full pair has packets in it that wake. A carrier that cannot be woken for another reason
 * hears that its pair is closed, and ends: better none of its connections than one that should
 * be cut. */
void carriers_cut(const struct carried_at *at)
{
    const uint8_t wake = 0;
    struct carrier_end *carrier = at->carrier;
    carrier->owners[at->slot] = NULL;
    atomic_store(&carrier->table->slots[at->slot].cut, true);
    atomic_fetch_add(&carrier->table->cuts, 1);
    if (send(carrier->pair.fd, &wake, sizeof wake, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
        errno != EAGAIN)
        (void)shutdown(carrier->pair.fd, SHUT_RDWR);
}

void carriers_count(const struct carried_at *at, uint64_t *up, uint64_t *down)
{
    const struct carried_slot *slot = &at->carrier->table->slots[at->slot];
    *up = atomic_load_explicit(&slot->up, memory_order_relaxed);
    *down = atomic_load_explicit(&slot->down, memory_order_relaxed);
}
