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

static int fork_one(struct carriers *carriers, carrier_child *child, void *context,
                    struct error *err)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
        return error_errno(err, "cannot make a socket pair for a carrier");
    cleanup_fd int ours = ends[0];
    cleanup_fd int theirs = ends[1];
    pid_t pid = fork();
    if (pid < 0)
        return error_errno(err, "cannot start a carrier");
    if (pid == 0) {
        child(carriers->table, carriers->count, theirs, context);
        _exit(0);
    }
    carriers->list[carriers->count++] =
        (struct carrier_end){.carriers = carriers, .pair = {.fd = take_fd(&ours)}};
    return 0;
}

void carriers_fork(struct carriers *carriers, size_t count, carrier_child *child, void *context)
{
    struct error err = ERROR_INIT;
    void *table = mmap(NULL, sizeof *carriers->table, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (table == MAP_FAILED)
        return;
    carriers->table = table;
    if (count > CARRIERS_MAX)
        count = CARRIERS_MAX;
    while (carriers->count < count)
        if (fork_one(carriers, child, context, &err) < 0) {
            warn("%s; the gate goes on with %zu", err.text, carriers->count);
            return;
        }
}

/* --- what they say ------------------------------------------------------------------------ */

static void give_back(struct carriers *carriers, size_t slot)
{
    carriers->owners[slot] = NULL;
    carriers->list[carriers->by[slot] - 1].carries--;
    carriers->by[slot] = 0;
    carriers->freed[carriers->freed_count++] = (uint32_t)slot;
}

/* What this carrier has ended, or all that it had. */
static void collect(struct carrier_end *carrier, bool all)
{
    struct carriers *carriers = carrier->carriers;
    const uint8_t mark = (uint8_t)(carrier - carriers->list + 1);
    for (size_t slot = 0; slot < carriers->used && carrier->carries > 0; slot++) {
        if (carriers->by[slot] != mark ||
            (!all && !atomic_load(&carriers->table->slots[slot].ended)))
            continue;
        void *owner = carriers->owners[slot];
        give_back(carriers, slot);
        if (owner)
            carriers->ended(owner);
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
    ssize_t n = 0;
    (void)events;
    do
        n = recv(watch->fd, wake, sizeof wake, MSG_DONTWAIT);
    while (n > 0);
    if (n == 0 || (errno != EAGAIN && errno != EINTR))
        lost(carrier);
    else
        collect(carrier, false);
}

int carriers_open(struct carriers *carriers, struct reactor *reactor, size_t descriptors,
                  void (*ended)(void *), struct error *err)
{
    carriers->most = descriptors / 2;
    carriers->reactor = reactor;
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

int carriers_take(struct carriers *carriers, void *owner, const struct end *client,
                  const struct end *server, struct flow *up, struct flow *down)
{
    struct carrier_end *carrier = least_loaded(carriers);
    if (!carrier || (carriers->freed_count == 0 && carriers->used == CARRIED_MAX))
        return -1;
    const uint32_t slot = carriers->freed_count > 0 ? carriers->freed[carriers->freed_count - 1]
                                                    : (uint32_t)carriers->used;
    const struct carrier_load load = {
        .slot = slot,
        .up = {up->held, up->bytes, up->ended, up->shut},
        .down = {down->held, down->bytes, down->ended, down->shut},
    };
    int descriptors[CARRIER_DESCRIPTORS] = {client->fd, server->fd};
    size_t count = 2;
    count += load_flow(up, descriptors + count);
    count += load_flow(down, descriptors + count);
    struct carried_slot *shared = &carriers->table->slots[slot];
    atomic_store(&shared->up, up->bytes);
    atomic_store(&shared->down, down->bytes);
    atomic_store(&shared->cut, false);
    atomic_store(&shared->ended, false);
    if (hand_on(carrier->pair.fd, &load, descriptors, count) < 0)
        return -1;
    if (carriers->freed_count > 0)
        carriers->freed_count--;
    else
        carriers->used++;
    carriers->owners[slot] = owner;
    carriers->by[slot] = (uint8_t)(carrier - carriers->list + 1);
    carrier->carries++;
    return (int)slot;
}

void carriers_cut(struct carriers *carriers, int slot)
{
    const uint8_t wake = 0;
    const size_t which = carriers->by[slot] - 1u;
    carriers->owners[slot] = NULL;
    atomic_store(&carriers->table->slots[slot].cut, true);
    atomic_fetch_add(&carriers->table->cuts[which], 1);
    (void)send(carriers->list[which].pair.fd, &wake, sizeof wake, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void carriers_count(const struct carriers *carriers, int slot, uint64_t *up, uint64_t *down)
{
    const struct carried_slot *shared = &carriers->table->slots[slot];
    *up = atomic_load_explicit(&shared->up, memory_order_relaxed);
    *down = atomic_load_explicit(&shared->down, memory_order_relaxed);
}
