/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DNS messages, as far as the gate's resolver speaks them (RFC 1035 4.1, RFC 6891). Pure.
 *
 * Strict on the way in: one question, class IN, labels of letters, digits, hyphens and
 * underscores, no compression, nothing in the answer and authority sections, at most one OPT
 * record in the additional one, which is checked for form and otherwise ignored. Nothing that
 * a client says is ever sent on, so there is nothing to preserve but the question.
 *
 * Messages are those of UDP; the two bytes of length before one over TCP (RFC 1035 4.2.2) are
 * left to the caller.
 */
#ifndef CLAUDEX_INIT_NET_DNS_H
#define CLAUDEX_INIT_NET_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DNS_UDP_MAX = 512,      /* bytes of a message over UDP without EDNS; ours never need more */
    DNS_MESSAGE_MAX = 1232, /* longest query that is looked at */
    DNS_NAME_MAX = 254,     /* presentation form with NUL, without the final dot */
    DNS_QUESTION_MAX = 255 + 4, /* a name on the wire, type, class */
};

enum dns_type { DNS_A = 1, DNS_PTR = 12, DNS_AAAA = 28 };
enum dns_rcode {
    DNS_NOERROR = 0,
    DNS_FORMERR = 1,
    DNS_SERVFAIL = 2,
    DNS_NXDOMAIN = 3,
    DNS_NOTIMP = 4,
    DNS_REFUSED = 5,
    DNS_BADVERS = 16, /* its upper bits go into the OPT record */
};

struct dns_query {
    uint16_t id;
    uint16_t flags;   /* the bits that an answer repeats, at their places: opcode, RD, CD */
    bool edns;        /* an OPT record came, so the answer has one */
    uint16_t udp_max; /* bytes of a datagram that the asker takes, at least DNS_UDP_MAX */
    uint16_t type;
    char name[DNS_NAME_MAX]; /* lower case; "" for the root, and for what is no host name */
    uint8_t question[DNS_QUESTION_MAX]; /* as it came: mixed case ("0x20" encoding) is kept */
    size_t question_length;
};

enum dns_verdict {
    DNS_ASK,    /* a question: *query is filled */
    DNS_ERROR,  /* to be answered with *rcode and no more; *query is filled for that */
    DNS_IGNORE, /* too short to answer, or itself an answer */
};

/* The code by what is wrong:
 *   DNS_NOTIMP    another opcode than QUERY
 *   DNS_FORMERR   malformed, truncated, too long, not one question, anything left over
 *   DNS_REFUSED   another class than IN
 *   DNS_NXDOMAIN  well-formed, but not a host name (is_host_name())
 *   DNS_BADVERS   another EDNS version than 0 */
enum dns_verdict dns_parse(const uint8_t *message, size_t length, struct dns_query *query,
                           enum dns_rcode *rcode);

/* Each writes a whole answer into out (at least DNS_UDP_MAX bytes) and returns its length.
 *
 * An error or, with DNS_NOERROR, "no such data". There is no SOA record, so a client caches
 * neither (RFC 2308 5): a name that is allowed a moment later works at once. */
size_t dns_answer_empty(const struct dns_query *query, enum dns_rcode rcode, uint8_t *out);
/* No data, and the flag that says to ask again by TCP. */
size_t dns_answer_truncated(const struct dns_query *query, uint8_t *out);
/* To a question for A or AAAA: `count` addresses of 4 or 16 bytes, as many as fit. `ttl` in
 * seconds. */
size_t dns_answer_addresses(const struct dns_query *query, const uint8_t *addresses,
                            size_t count, uint32_t ttl, uint8_t *out);
/* PTR. `name` in presentation form; DNS_SERVFAIL if it is no name or does not fit. */
size_t dns_answer_name(const struct dns_query *query, const char *name, uint32_t ttl,
                       uint8_t *out);

/* "7.0.18.198.in-addr.arpa" (RFC 1035 3.5) or the ip6.arpa form (RFC 3596 2.5), lower case →
 * AF_INET or AF_INET6 and the address in network order. 0, or -1 for anything else. */
int dns_reverse_name(const char *name, int *family, uint8_t address[16]);

#endif
