/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/gate.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/log.h"

uint64_t gate_seconds(const struct gate *gate)
{
    return gate->reactor.now / 1000;
}

void gate_tell(struct gate *gate, const struct gate_frame *frame)
{
    uint8_t bytes[GATE_FRAME_MAX];
    size_t length = gate_frame_print(frame, bytes);
    /* A PID 1 that does not keep up misses a line; nothing may stop the gate. */
    (void)send(gate->control.fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* --- PID 1's words ------------------------------------------------------------------------ */

static void sever(struct gate *gate)
{
    while (gate->connections)
        connection_cut(gate->connections);
}

static void obey(struct gate *gate, const struct gate_frame *frame)
{
    switch (frame->kind) {
    case GATE_MODE:
        gate->mode = frame->mode;
        break;
    case GATE_SEVER:
        sever(gate);
        break;
    case GATE_ALLOW:
    case GATE_DENY:
    case GATE_FORGET:
        gate_policy_change(gate, frame);
        break;
    case GATE_LIST:
        gate_tell(gate, &(struct gate_frame){.kind = GATE_END,
                                             .tag = frame->tag,
                                             .up = connection_list(gate, frame, gate_tell)});
        break;
    default:
        break;
    }
}

static void control_ready(struct watch *watch, uint32_t events)
{
    struct gate *gate = member_of(watch, struct gate, control);
    uint8_t bytes[GATE_FRAME_MAX];
    struct gate_frame frame;
    ssize_t n = recv(watch->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    (void)events;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0)
        gate->reactor.ended = true;
    else if (gate_frame_parse(bytes, (size_t)n, &frame) == 0)
        obey(gate, &frame);
}

/* --- its life ----------------------------------------------------------------------------- */

static void accepted(struct listener *listener, int fd)
{
    connection_accept(listener->context, fd, listener->family);
}

static int listen_on(struct gate *gate, size_t which, int family)
{
    struct listener *listener = &gate->listeners[which];
    *listener = (struct listener){.context = gate, .family = family, .accepted = accepted};
    return listener_open(listener, &gate->reactor, gate->sockets.tcp[which]);
}

/* How many descriptors connections may have: a client that comes when all are in use is refused
 * at once, before anything was begun for it. None is kept free for the server that it may want:
 * when half are in use, connections go to a carrier as soon as they are dialled (hand_on() in
 * connection_relay.c). */
static size_t descriptors_that_fit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur <= GATE_OTHER_DESCRIPTORS)
        return 2;
    return (size_t)limit.rlim_cur - GATE_OTHER_DESCRIPTORS;
}

int gate_prepare(struct gate *gate, const struct gate_setup *setup, struct error *err)
{
    gate->sockets = setup->sockets;
    gate->mode = setup->mode;
    gate->most = descriptors_that_fit();
    gate->private_names = setup->session->network.private_names;
    gate->control = (struct watch){.fd = setup->control, .ready = control_ready};
    uint8_t key[16];
    if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
        return error_errno(err, "cannot get random bytes");
    gate->names = names_new(key);
    if (!gate->names)
        return error_errno(err, "cannot make the gate's table of names");
    if (reactor_open(&gate->reactor, err) < 0 ||
        carriers_open(&gate->carriers, &gate->reactor, gate->most, connection_carried_ended,
                      err) < 0 ||
        gate_policy_make(gate, setup->session, setup->grants, err) < 0)
        return -1;
    gate->lookup = lookup_open(&gate->reactor, setup->servers, setup->hosts, err);
    gate->resolver = gate->lookup ? resolver_open(gate, err) : NULL;
    if (!gate->resolver)
        return -1;
    if (listen_on(gate, 0, AF_INET) < 0 || listen_on(gate, 1, AF_INET6) < 0 ||
        reactor_add_input(&gate->reactor, &gate->control) < 0)
        return error_errno(err, "the gate cannot wait for connections");
    return gate_inside_open(gate, gate->sockets.inside, err) < 0
               ? -1
               : gate_nflog_open(gate, gate->sockets.nflog, err);
}

void gate_run(struct gate *gate)
{
    gate_tell(gate, &(struct gate_frame){.kind = GATE_READY});
    reactor_run(&gate->reactor);
}
