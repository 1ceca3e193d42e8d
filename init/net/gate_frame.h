/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What PID 1 and the gate tell each other over their socket pair (SOCK_SEQPACKET): one frame a
 * packet, fixed layout, little-endian. Pure. PID 1 trusts no frame further than its form: a
 * gate that was taken over can lie about names and bytes, and nothing else.
 */
#ifndef CLAUDEX_INIT_NET_GATE_FRAME_H
#define CLAUDEX_INIT_NET_GATE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "shared/session.h"

enum { GATE_FRAME_MAX = 320 };

enum gate_frame_kind {
    /* to the gate */
    GATE_MODE = 1, /* mode */
    GATE_SEVER,    /* every connection ends now */
    GATE_LIST,     /* answered by GATE_CONNECTIONs and one GATE_END */
    /* to PID 1 */
    GATE_READY,      /* it runs, confined */
    GATE_REFUSED,    /* via, port, name: for the first time, or again after a while */
    GATE_CONNECTION, /* port, name, up, down, age */
    GATE_END,        /* of a list; up: how many there were */
    GATE_FRAME_KINDS,
};

enum gate_via { VIA_DNS, VIA_TLS, VIA_HTTP, VIA_TCP, VIAS };
const char *gate_via_name(enum gate_via via);

struct gate_frame {
    enum gate_frame_kind kind;
    enum network_mode mode;
    enum gate_via via;
    uint16_t port;
    uint64_t up, down; /* bytes */
    uint64_t age;      /* seconds */
    char name[254];    /* a host name or an address: letters, digits, ".:-_" only */
};

/* Returns the length, at most GATE_FRAME_MAX. */
size_t gate_frame_print(const struct gate_frame *frame, uint8_t out[GATE_FRAME_MAX]);
/* 0, or -1 for anything that gate_frame_print() would not have written. */
int gate_frame_parse(const uint8_t *bytes, size_t length, struct gate_frame *frame);

#endif
