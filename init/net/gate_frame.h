/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What PID 1 and the gate tell each other over their socket pair (SOCK_SEQPACKET): one frame
 * per packet, fixed layout, little-endian. Pure. PID 1 relies on nothing but the form of a
 * frame: a gate that was taken over can lie about names and bytes, and nothing else.
 */
#ifndef CLAUDEX_INIT_NET_GATE_FRAME_H
#define CLAUDEX_INIT_NET_GATE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "shared/session.h"

enum {
    GATE_FRAME_MAX = 640,
    GATE_LIST_PAGE = 8, /* connections in the answer to one GATE_LIST, at most */
};

enum gate_frame_kind {
    /* to the gate */
    GATE_MODE = 1, /* mode */
    GATE_SEVER,    /* every connection ends now */
    GATE_ALLOW,    /* name: a pattern, from now on until age (CLOCK_BOOTTIME; 0: for ever) */
    GATE_DENY,     /* the same; what it denies is cut */
    GATE_FORGET,   /* name: a pattern, which GATE_ALLOW or GATE_DENY said */
    GATE_LIST,     /* answered by a page of GATE_CONNECTIONs, from the up-th on, and GATE_END */
    /* to PID 1 */
    GATE_READY,      /* it runs, confined */
    GATE_REFUSED,    /* via, port, name; up: how often since it was told last */
    GATE_ASKED,      /* name: a pattern that the agent wants to be allowed; text: why */
    GATE_CONNECTION, /* port, name, up, down, age */
    GATE_END,        /* of a page; up: how many connections there are in all */
    GATE_FRAME_KINDS,
};

enum gate_via {
    VIA_DNS,  /* a lookup */
    VIA_TLS,  /* a name in a hello, port 443 */
    VIA_HTTP, /* a name in a request, port 80 */
    VIA_TCP,  /* any other port */
    VIA_UDP,  /* the firewall's own refusals, from here on */
    VIA_ICMP,
    VIA_OTHER,
    VIAS
};
const char *gate_via_name(enum gate_via via);

struct gate_frame {
    enum gate_frame_kind kind;
    enum network_mode mode;
    enum gate_via via;
    uint16_t port;
    uint32_t tag;      /* of a GATE_LIST; repeated in every frame that answers it */
    uint64_t up, down; /* bytes */
    uint64_t age;      /* seconds */
    char name[272];    /* a host, an address, a pattern: small letters, digits, ".:-_*[]/" */
    char text[201];    /* printable ASCII */
};

/* Returns the length, at most GATE_FRAME_MAX. */
size_t gate_frame_print(const struct gate_frame *frame, uint8_t out[GATE_FRAME_MAX]);
/* 0, or -1 for anything that gate_frame_print() would not have written. */
int gate_frame_parse(const uint8_t *bytes, size_t length, struct gate_frame *frame);

#endif
