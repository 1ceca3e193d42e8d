/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Refusals, as PID 1 hears of them: the first of a kind at once, more of the same as a count
 * with the next, a second later; and not more frames a second than it should have to read.
 */
#include <stdio.h>
#include <string.h>

#include "init/net/gate.h"

enum {
    FRAMES_EACH_MS = 50,
    FRAMES_AT_ONCE = 100,
    AGAIN_MS = 1000,
};

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 0x100000001b3U;
    return hash;
}

static uint64_t hash_of(enum gate_via via, const char *name, uint16_t port, const char *fault)
{
    uint64_t hash = 0xcbf29ce484222325U; /* FNV-1a */
    const uint8_t head[3] = {(uint8_t)via, (uint8_t)port, (uint8_t)(port >> 8)};
    for (size_t i = 0; i < sizeof head; i++)
        hash = (hash ^ head[i]) * 0x100000001b3U;
    hash = hash_text(hash_text(hash, name), fault ? fault : "");
    return hash ? hash : 1;
}

/* False: not now. */
static bool tell(struct gate *gate, struct refusal *refusal)
{
    struct gate_frame frame = {
        .kind = GATE_REFUSED, .via = refusal->via, .port = refusal->port, .up = refusal->count};
    if (!inside_may(&gate->refusals_rate, gate->reactor.now, FRAMES_EACH_MS, FRAMES_AT_ONCE))
        return false;
    (void)snprintf(frame.name, sizeof frame.name, "%s", refusal->name);
    if (refusal->fault)
        (void)snprintf(frame.text, sizeof frame.text, "%s%s%s", refusal->fault,
                       refusal->detail ? ": " : "", refusal->detail ? refusal->detail : "");
    gate_tell(gate, &frame);
    refusal->told = gate->reactor.now;
    refusal->count = 0;
    return true;
}

static void expired(struct timer *timer)
{
    struct gate *gate = member_of(timer, struct gate, refusals_timer);
    bool left = false;
    for (size_t i = 0; i < GATE_REFUSALS_KEPT; i++) {
        struct refusal *refusal = &gate->refusals[i];
        if (refusal->count > 0)
            left =
                (gate->reactor.now - refusal->told < AGAIN_MS || !tell(gate, refusal)) || left;
    }
    if (left)
        timer_set(&gate->reactor, timer, TIMER_SECOND);
}

/* One place a hash: an agent that asks for ever new names overwrites places, and of what is
 * overwritten before it was told, nobody hears. */
void gate_refused_for(struct gate *gate, enum gate_via via, const char *name, uint16_t port,
                      const char *fault, const char *detail)
{
    const uint64_t hash = hash_of(via, name, port, detail ? detail : fault);
    struct refusal *refusal = &gate->refusals[hash % GATE_REFUSALS_KEPT];
    if (refusal->hash != hash) {
        *refusal = (struct refusal){
            .hash = hash, .via = via, .port = port, .fault = fault, .detail = detail};
        (void)snprintf(refusal->name, sizeof refusal->name, "%s", name);
    }
    refusal->count++;
    if ((refusal->told == 0 || gate->reactor.now - refusal->told >= AGAIN_MS) &&
        tell(gate, refusal))
        return;
    gate->refusals_timer.expired = expired;
    if (!gate->refusals_timer.next)
        timer_set(&gate->reactor, &gate->refusals_timer, TIMER_SECOND);
}

void gate_refused(struct gate *gate, enum gate_via via, const char *name, uint16_t port)
{
    gate_refused_for(gate, via, name, port, NULL, NULL);
}
