/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was refused, each host once, with how often and what it was that was refused; and what
 * the agent asked for. Bounded: the one that was quiet for longest makes room.
 *
 * BOX_DENIED has a line for each when it is first refused, and again when it was quiet for a
 * while, readable for the agent:
 *
 *     2025-01-31T12:00:00Z tls example.org:443
 */
#ifndef CLAUDEX_INIT_DENIED_H
#define CLAUDEX_INIT_DENIED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/net/gate_frame.h"
#include "shared/buf.h"
#include "shared/parse.h"

enum {
    DENIED_MAX = 256,
    DENIED_FILE_MAX = 256 * 1024, /* bytes; then it begins anew */
    DENIED_AGAIN_SECONDS = 60,
};

struct denial {
    char name[272]; /* a host, an address; of what was asked for perhaps a pattern */
    uint16_t port;  /* 0: the usual ones, 443 and 80 */
    unsigned vias;  /* bits of enum gate_via */
    uint64_t count;
    uint64_t first, last; /* seconds of CLOCK_REALTIME */
    bool asked;           /* the agent asks for it */
    char reason[201];     /* why; printable ASCII */
    char fault[128];      /* what is wrong with it, that no allow helps; "": one does */
    const char *denied;   /* by which pattern of the configuration; borrowed; NULL: by none */
};

struct denied {
    struct denial list[DENIED_MAX];
    size_t count;
};

/* Takes a GATE_REFUSED or GATE_ASKED down. The entry where somebody should hear of it: new,
 * asked for, or seen again after a while; else NULL. */
struct denial *denied_note(struct denied *denied, const struct gate_frame *frame, uint64_t now);
/* What a pattern that is allowed now answers is no matter any more. */
void denied_answer(struct denied *denied, const struct host_pattern *pattern);
/* Can a host be allowed at all for what was refused? Only names and TCP can. */
bool denial_is_of_host(const struct denial *denial);
/* The pattern that would allow it: what parse_host_pattern() takes. */
void denial_pattern(const struct denial *denial, char out[272 + 8]);

/* As JSON: {"host", "via": [...], "count", "first", "last", "allow", "denied", "by_hand",
 * "asked", "reason", "fault"}, the last six where there are any; `by_hand` is the pattern of a
 * `deny` while the box runs, or NULL. 0, or -1 where it does not fit. Pure. */
int denial_print(const struct denial *denial, const char *by_hand, struct buf *out);

/* Appends a line to BOX_DENIED. What cannot be written is left out: nothing may stop PID 1. */
void denial_log(const struct denial *denial, enum gate_via via);

#endif
