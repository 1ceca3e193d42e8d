/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/network.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/net/connections.h"
#include "init/privs.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

#define CONTAINER_FILE BOX_PRIVATE "/container"

static void because(struct network *network, const char *why)
{
    (void)snprintf(network->why, sizeof network->why, "%s", why);
}

/* Nothing in the box can lift it any more, this process included. */
static int seal(struct error *err)
{
    static const int given_up[] = {CAP_NET_ADMIN, CAP_NET_RAW};
    for (size_t i = 0; i < array_length(given_up); i++)
        if (privs_give_up(given_up[i], err) != 0)
            return -1;
    return 0;
}

/* Who starts a box that was left locked shall not look for the fault elsewhere. */
static void tell_left_locked(enum network_mode mode, enum network_mode configured)
{
    if (mode == NETWORK_SEALED && configured != NETWORK_SEALED)
        info("the network is sealed, as it was left; to forget that, stop the box and: docker "
             "claudex rm NAME");
    else if (state_is_locked(mode) && !state_is_locked(configured))
        info("the network is locked, as it was left; to end that: docker claudex lockdown off");
}

static void lock(struct state *state)
{
    if (state_is_locked(state->mode))
        return;
    state->previous = state->mode;
    state->mode = NETWORK_LOCKDOWN;
}

int network_boot(struct network *network, struct firewall *firewall,
                 const struct session *session, struct error *err)
{
    char container[STATE_CONTAINER_MAX + 1];
    struct state stored;
    struct error damage = ERROR_INIT;
    enum network_mode configured = session->network.mode;

    *network = (struct network){.firewall = firewall,
                                .gate = network->gate,
                                .session = session,
                                .timer = -1,
                                .host = CONTROL_FIFO_INIT,
                                .local = CONTROL_FIFO_INIT};
    for (size_t i = 0; i < array_length(network->followers); i++)
        network->followers[i] = -1;
    if (state_container(CONTAINER_FILE, container, err) != 0)
        return -1;
    /* Without a volume the state lives as long as the container. */
    if (mkdir(BOX_STATE_DIR, 0700) != 0 && errno != EEXIST)
        return error_errno(err, "cannot make " BOX_STATE_DIR);
    int found = state_load(BOX_STATE_DIR, &stored, &damage);
    if (found < 0) {
        warn("%s; the box starts in lockdown", damage.text);
        stored = state_damaged();
    }
    network->state = state_decide(found == 0 ? NULL : &stored, container, configured);
    if (found < 0)
        because(network, "what was kept of the network mode is damaged");
    else
        because(network, network->state.mode == configured ? "configured" : "kept from before");
    const bool damaged = network_policy_boot(network, &damage) < 0;
    if (damaged) {
        warn("%s; the box starts in lockdown", damage.text);
        lock(&network->state);
        because(network, "what was kept of allow and deny is damaged");
    }
    tell_left_locked(network->state.mode, configured);
    if (firewall_apply(firewall, session, network->state.mode, err) != 0)
        return -1;
    /* Also where nothing changed: the volume must be writable while there is time to say so.
     * Not durable: without it the same would be decided again. */
    if (state_save(BOX_STATE_DIR, &network->state, false, err) != 0)
        return -1;
    /* After the lock: it is what the next boot then goes by. */
    if (damaged && grants_save(BOX_STATE_DIR, &network->grants, err) != 0)
        return -1;
    /* In the host's network these would be powers over the host. */
    return network->state.mode == NETWORK_SEALED || session->network.host ? seal(err) : 0;
}

static int not_known(const struct state *state, struct error *err)
{
    return error_prefix(err, "network mode is now %s, but a restart would not know",
                        network_mode_name(state->mode));
}

/* Durable: who was told that the box is locked finds it so, even if the machine lost its power
 * in the next moment. */
static int keep(struct network *network, const struct state *next, struct error *err)
{
    network->state = *next;
    return state_save(BOX_STATE_DIR, next, true, err) == 0 ? 0 : not_known(next, err);
}

/* The same, while packets that were under way leave. */
static int settle_and_keep(struct network *network, const struct state *next, struct error *err)
{
    cleanup_fd int file = -1;
    network->state = *next;
    int done = state_write(BOX_STATE_DIR, next, &file, err);
    state_hurry(file);
    firewall_settle(network->firewall);
    if (done == 0)
        done = state_settle(BOX_STATE_DIR, &file, err);
    return done == 0 ? 0 : not_known(next, err);
}

static void tell_gate(struct network *network, enum network_mode mode)
{
    if (network->gate)
        gate_worker_mode(network->gate, mode);
}

/* Rules, then the state; if it cannot be kept, the box is tighter than it would start again. */
static int tighten(struct network *network, const struct state *next, struct error *err)
{
    int done = firewall_apply(network->firewall, network->session, next->mode, err);
    /* Also where the rules would not go in: all TCP and every name pass through it. */
    tell_gate(network, next->mode);
    if (done != 0)
        return error_prefix(err, "in force at the gate alone, for TCP and names");
    if (settle_and_keep(network, next, err) != 0)
        return -1;
    return next->mode == NETWORK_SEALED ? seal(err) : 0;
}

static int loosen(struct network *network, const struct state *next, struct error *err)
{
    struct error ignored = ERROR_INIT;
    /* Not durable: a machine that lost its power finds the tighter mode, and may be asked
     * again. */
    if (state_save(BOX_STATE_DIR, next, false, err) != 0)
        return error_prefix(err, "network mode stays %s",
                            network_mode_name(network->state.mode));
    if (firewall_apply(network->firewall, network->session, next->mode, err) == 0) {
        tell_gate(network, next->mode);
        network->state = *next;
        return 0;
    }
    if (state_save(BOX_STATE_DIR, &network->state, true, &ignored) != 0)
        warn("a restart would find network mode %s: %s", network_mode_name(next->mode),
             ignored.text);
    return -1;
}

static int change(struct network *network, enum network_mode mode, const char *why,
                  struct error *err)
{
    enum network_mode now = network->state.mode;
    struct state next = network->state;
    if (now == NETWORK_SEALED && state_is_locked(mode))
        return 0; /* locked it is, and nothing could be applied any more */
    if (now == NETWORK_SEALED)
        return error_set(err, "the box is sealed: nothing in it can change the network mode, "
                              "not even PID 1; remove it and its state with docker claudex rm");
    next.mode = mode;
    if (state_is_locked(mode) && !state_is_locked(now))
        next.previous = now;
    if ((mode < now ? loosen : tighten)(network, &next, err) != 0)
        return -1;
    because(network, why);
    return 0;
}

static int sever(struct network *network, struct error *err)
{
    struct state next = network->state;
    if (next.mode == NETWORK_SEALED)
        return error_set(err, "the box is sealed: not even PID 1 can cut its connections; stop "
                              "it with docker claudex stop");
    struct error also = ERROR_INIT;
    const bool cut = firewall_sever(network->firewall, network->session, err) >= 0;
    tell_gate(network, NETWORK_LOCKDOWN);
    if (network->gate)
        gate_worker_sever(network->gate);
    /* What could not be cut is locked as far as that can be. */
    if (!cut)
        return change(network, NETWORK_LOCKDOWN, "lockdown sever", &also) == 0
                   ? error_prefix(err, "locked, but not all connections are cut")
                   : error_prefix(err, "in force at the gate alone, for TCP and names");
    lock(&next);
    because(network, "lockdown sever");
    return keep(network, &next, err);
}

static int turn_off(struct network *network, struct error *err)
{
    /* A lock that failed in the kernel is in force at the gate. */
    if (!state_is_locked(network->state.mode))
        return change(network, network->state.mode, network->why, err);
    return change(network, network->state.previous, "lockdown off", err);
}

static int carry_out(struct network *network, const struct control_request *request,
                     struct error *err)
{
    char why[32];
    switch (request->word) {
    case CONTROL_STATUS:
        return 0;
    case CONTROL_MODE:
        (void)snprintf(why, sizeof why, "network %s", network_mode_name(request->mode));
        return change(network, request->mode, why, err);
    case CONTROL_LOCKDOWN_ON:
        return change(network, NETWORK_LOCKDOWN, "lockdown on", err);
    case CONTROL_LOCKDOWN_OFF:
        return turn_off(network, err);
    case CONTROL_TOGGLE:
        if (state_is_locked(network->state.mode))
            return turn_off(network, err);
        return change(network, NETWORK_LOCKDOWN, "lockdown on", err);
    case CONTROL_RELOAD:
        /* The bridge's address may have changed with `docker network connect`. */
        return change(network, network->state.mode, network->why, err);
    case CONTROL_SEVER:
        return sever(network, err);
    default:
        break;
    }
    return error_set(err, "an unknown word");
}

/* What is so now, for the file and for who asks. */
static void note(struct network *network)
{
    network->status.mode = network->state.mode;
    network->status.why = network->why;
    network->status.firewall = firewall_applier(network->firewall);
}

/* The file takes as long as the rules, and nobody waits for it: it follows the reply. */
static void tell(struct network *network)
{
    struct error err = ERROR_INIT;
    if (network->untold && status_write(&network->status, &err) != 0)
        warn("%s", err.text);
    network->untold = false;
}

static void say(struct control_reply *reply, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* One line for the FIFO. */
static void say(struct control_reply *reply, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(reply->text, sizeof reply->text, fmt, args);
    va_end(args);
    for (char *c = reply->text; *c; c++)
        if (*c == '\n')
            *c = ' ';
}

/* The new mode, and once locked what stays connected all the same. */
static void tell_change(const struct network *network, enum network_mode before,
                        enum network_mode now, struct buf *text)
{
    struct error ignored = ERROR_INIT;
    cleanup_buf struct buf peers = BUF_INIT(CONTROL_LINE_MAX / 4);
    if (now == before)
        (void)buf_printf(text, "network mode is %s, as before", network_mode_name(now));
    else
        (void)buf_printf(text, "network mode is now %s (was %s)", network_mode_name(now),
                         network_mode_name(before));
    if (!state_is_locked(now))
        return;
    int count = connections_list(&peers, network->gate ? network->gate->uid : 0, &ignored);
    if (count == 0)
        (void)buf_puts(text, "; nothing is connected");
    else if (count > 0)
        (void)buf_printf(text, "; %d connection%s: %s", count, count == 1 ? " stays" : "s stay",
                         peers.data);
}

void network_request(void *context, const struct control_request *request,
                     struct control_reply *reply)
{
    struct network *network = context;
    struct error err = ERROR_INIT;
    enum network_mode before = network->state.mode;
    tell(network); /* who has asked anything since finds the file as it should be */
    if (network_policy_request(network, request, reply) ||
        network_denied_request(network, request, reply) ||
        questions_request(network->questions, network->asking, request, reply))
        return;
    int done = carry_out(network, request, &err);
    enum network_mode now = network->state.mode;
    note(network);
    network->untold = request->word != CONTROL_STATUS;
    if (done != 0) {
        reply->status = err.status;
        say(reply, "%s", err.text);
    } else if (request->word == CONTROL_STATUS) {
        cleanup_free char *text = status_print(&network->status);
        say(reply, "%s", text ? text : "{}");
    } else {
        cleanup_buf struct buf text = BUF_INIT(CONTROL_LINE_MAX / 2);
        tell_change(network, before, now, &text);
        say(reply, "%s", text.data ? text.data : "");
    }
}

static void serve(struct network *network, struct control_fifo *fifo)
{
    network->asking = fifo;
    control_fifo_serve(fifo, network_request, network);
    tell(network);
}

static void host_ready(void *context, int fd, uint32_t events)
{
    struct network *network = context;
    (void)fd, (void)events;
    serve(network, &network->host);
}

static void local_ready(void *context, int fd, uint32_t events)
{
    struct network *network = context;
    (void)fd, (void)events;
    serve(network, &network->local);
}

int network_listen(struct network *network, struct loop *loop, const struct status *status,
                   struct error *err)
{
    struct error refused = ERROR_INIT;
    network->status = *status;
    note(network);
    if (status_write(&network->status, err) != 0)
        return -1;
    if (network_policy_listen(network, loop, err) < 0)
        return -1;
    if (mkdir(CONTROL_LOCAL_DIR, 0700) != 0 && errno != EEXIST)
        return error_errno(err, "cannot make " CONTROL_LOCAL_DIR);
    if (control_fifo_open(&network->local, CONTROL_LOCAL_DIR, err) != 0)
        return -1;
    if (loop_add(loop, network->local.reader, local_ready, network) != 0)
        return error_errno(err, "cannot wait for the control FIFO");
    /* Absent where the host's folder could not be mounted: a remote engine, for one. */
    if (access(BOX_CONTROL_DIR, F_OK) != 0)
        return 0;
    if (control_fifo_open(&network->host, BOX_CONTROL_DIR, &refused) != 0)
        warn("%s; commands from the host take the slower way of docker exec", refused.text);
    else if (loop_add(loop, network->host.reader, host_ready, network) != 0)
        return error_errno(err, "cannot wait for the control FIFO");
    return 0;
}
