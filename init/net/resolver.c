/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init/net/datagrams.h"
#include "init/net/dns.h"
#include "init/net/gate.h"
#include "shared/cleanup.h"

enum {
    TTL = 60,           /* seconds; the address stays the name's for longer: names.h */
    STREAMS_MAX = 64,   /* DNS over TCP at once */
    FORWARDS_MAX = 256, /* mode open, at once */
    BATCHES_A_TURN = 2,
};

_Static_assert((int)TTL * 4 < (int)NAMES_KEPT_SECONDS,
               "an answer is forgotten before its name");

/* Who asked: a datagram's sender, or a stream. */
struct asker {
    struct stream *stream; /* NULL: the rest says where to */
    int fd;
    struct sockaddr_storage from;
    socklen_t length;
    struct datagrams *answers; /* that go out together; NULL: at once */
};

struct stream {
    struct resolver *resolver;
    struct watch watch; /* fd -1: free */
    struct timer timer;
    uint8_t bytes[2 + DNS_MESSAGE_MAX];
    size_t length;
};

struct forward {
    struct asker asker;
    struct dns_query question;
    struct lookup_query *query;
    bool busy;
};

struct opening { /* a socket where the agent asks */
    struct watch watch;
    struct resolver *resolver;
};

struct resolver {
    struct gate *gate;
    struct opening openings[2];
    struct datagrams questions, answers; /* of the moment */
    struct listener listeners[2];
    struct stream streams[STREAMS_MAX];
    struct forward forwards[FORWARDS_MAX];
};

/* --- answering ---------------------------------------------------------------------------- */

static void stream_close(struct stream *stream)
{
    timer_stop(&stream->timer);
    reactor_remove(&stream->resolver->gate->reactor, &stream->watch);
    close(stream->watch.fd);
    stream->watch.fd = -1;
    for (size_t i = 0; i < FORWARDS_MAX; i++) {
        struct forward *forward = &stream->resolver->forwards[i];
        if (forward->busy && forward->asker.stream == stream) {
            lookup_cancel(&forward->query);
            forward->busy = false;
        }
    }
}

/* An answer that does not fit into the socket's buffer is dropped: clients ask again. */
static void reply(const struct asker *asker, const uint8_t *message, size_t length)
{
    static uint8_t framed[2 + UINT16_MAX];
    if (length == 0 || length > sizeof framed - 2)
        return;
    if (!asker->stream && asker->answers) {
        datagrams_add(asker->answers, asker->fd, &asker->from, asker->length, message, length);
        return;
    }
    if (!asker->stream) {
        (void)sendto(asker->fd, message, length, MSG_DONTWAIT | MSG_NOSIGNAL,
                     (const struct sockaddr *)&asker->from, asker->length);
        return;
    }
    framed[0] = (uint8_t)(length >> 8); /* RFC 1035 4.2.2 */
    framed[1] = (uint8_t)length;
    memcpy(framed + 2, message, length);
    (void)send(asker->stream->watch.fd, framed, length + 2, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void answer_empty(const struct asker *asker, const struct dns_query *query,
                         enum dns_rcode rcode)
{
    uint8_t out[DNS_UDP_MAX];
    reply(asker, out, dns_answer_empty(query, rcode, out));
}

static void answer_address(const struct asker *asker, const struct dns_query *query,
                           const uint8_t *address)
{
    uint8_t out[DNS_UDP_MAX];
    reply(asker, out, dns_answer_addresses(query, address, 1, TTL, out));
}

/* An answer that is too long for a datagram is asked for again by TCP (RFC 7766 5); only its
 * head is sent. */
static void forwarded(void *context, const uint8_t *message, size_t length)
{
    struct forward *forward = context;
    uint8_t out[DNS_UDP_MAX];
    forward->busy = false;
    if (length == 0)
        answer_empty(&forward->asker, &forward->question, DNS_SERVFAIL);
    else if (forward->asker.stream || length <= forward->question.udp_max)
        reply(&forward->asker, message, length);
    else
        reply(&forward->asker, out, dns_answer_truncated(&forward->question, out));
}

/* Mode open: as it came to the upstream, which has answers of every type. */
static void forward(struct resolver *resolver, const struct asker *asker,
                    const struct dns_query *query, const uint8_t *message, size_t length)
{
    for (size_t i = 0; i < FORWARDS_MAX; i++) {
        struct forward *free = &resolver->forwards[i];
        if (free->busy)
            continue;
        *free = (struct forward){.asker = *asker, .question = *query, .busy = true};
        free->asker.answers = NULL;
        lookup_forward(resolver->gate->lookup, message, length, forwarded, free, &free->query);
        return;
    }
}

/* --- deciding ----------------------------------------------------------------------------- */

static bool ends_in(const char *name, const char *ending)
{
    size_t length = strlen(name), tail = strlen(ending);
    return length >= tail && strcmp(name + length - tail, ending) == 0;
}

/* RFC 6761 6.3, and what /etc/hosts says of the box itself. True if that answered it. */
static bool answer_local(struct resolver *resolver, const struct asker *asker,
                         const struct dns_query *query)
{
    static const uint8_t loopback4[4] = {127, 0, 0, 1}, loopback6[16] = {[15] = 1};
    int family = query->type == DNS_A      ? AF_INET
                 : query->type == DNS_AAAA ? AF_INET6
                                           : AF_UNSPEC;
    bool localhost =
        strcmp(query->name, "localhost") == 0 || ends_in(query->name, ".localhost");
    const struct address *known = lookup_hosts(resolver->gate->lookup, query->name, family);
    if (localhost && family != AF_UNSPEC)
        answer_address(asker, query, family == AF_INET ? loopback4 : loopback6);
    else if (known)
        answer_address(asker, query, known->bytes);
    else if (localhost || lookup_hosts(resolver->gate->lookup, query->name, AF_INET))
        answer_empty(asker, query, DNS_NOERROR);
    else
        return false;
    return true;
}

static void answer_reverse(struct resolver *resolver, const struct asker *asker,
                           const struct dns_query *query)
{
    uint8_t out[DNS_UDP_MAX];
    struct address address;
    const char *name = NULL;
    if (dns_reverse_name(query->name, &address.family, address.bytes) == 0) {
        uint32_t v4;
        memcpy(&v4, address.bytes, sizeof v4);
        if (address.family == AF_INET && names_is_synthetic(ntohl(v4)))
            name = names_name(resolver->gate->names, ntohl(v4));
        else
            name = lookup_hosts_name(resolver->gate->lookup, &address);
    }
    if (name)
        reply(asker, out, dns_answer_name(query, name, TTL, out));
    else
        answer_empty(asker, query, DNS_NXDOMAIN);
}

static void answer_name(struct resolver *resolver, const struct asker *asker,
                        const struct dns_query *query)
{
    struct gate *gate = resolver->gate;
    const enum policy_known known =
        policy_name_known(gate_policy(gate), query->name, gate_seconds(gate));
    if (known == POLICY_UNKNOWN) {
        gate_refused(gate, VIA_DNS, query->name, 0);
        answer_empty(asker, query, DNS_NXDOMAIN);
        return;
    }
    if (query->type != DNS_A) { /* no HTTPS and SVCB: with them no ECH; no TXT: no tunnel */
        answer_empty(asker, query, DNS_NOERROR);
        return;
    }
    uint32_t address = htonl(
        names_address(gate->names, query->name, known == POLICY_BY_NAME, gate_seconds(gate)));
    if (address == 0)
        answer_empty(asker, query, DNS_SERVFAIL);
    else
        answer_address(asker, query, (const uint8_t *)&address);
}

static void handle(struct resolver *resolver, const struct asker *asker, const uint8_t *message,
                   size_t length)
{
    struct dns_query query;
    enum dns_rcode rcode;
    enum network_mode mode = resolver->gate->mode;
    switch (dns_parse(message, length, &query, &rcode)) {
    case DNS_IGNORE:
        return;
    case DNS_ERROR:
        answer_empty(asker, &query, rcode);
        return;
    case DNS_ASK:
        break;
    }
    if (answer_local(resolver, asker, &query))
        return;
    if (mode == NETWORK_LOCKDOWN || mode == NETWORK_SEALED) {
        gate_refused(resolver->gate, VIA_DNS, query.name, 0);
        answer_empty(asker, &query, DNS_REFUSED);
    } else if (mode == NETWORK_OPEN)
        forward(resolver, asker, &query, message, length);
    else if (query.type == DNS_PTR)
        answer_reverse(resolver, asker, &query);
    else
        answer_name(resolver, asker, &query);
}

/* --- sockets ------------------------------------------------------------------------------ */

static void datagram_ready(struct watch *watch, uint32_t events)
{
    struct resolver *resolver = member_of(watch, struct opening, watch)->resolver;
    (void)events;
    for (int i = 0; i < BATCHES_A_TURN; i++) {
        size_t count = datagrams_receive(&resolver->questions, watch->fd);
        for (size_t at = 0; at < count; at++) {
            const struct datagram *question = &resolver->questions.list[at];
            const struct asker asker = {.fd = watch->fd,
                                        .from = question->peer,
                                        .length = question->peer_length,
                                        .answers = &resolver->answers};
            handle(resolver, &asker, question->bytes, question->length);
        }
        datagrams_send(&resolver->answers, watch->fd);
        if (count < DATAGRAMS_MAX)
            return;
    }
}

static void stream_expired(struct timer *timer)
{
    stream_close(member_of(timer, struct stream, timer));
}

/* Whole messages off the front. -1: not a client of ours. */
static int stream_messages(struct stream *stream)
{
    struct asker asker = {.stream = stream};
    while (stream->length >= 2) {
        size_t wanted = (size_t)stream->bytes[0] << 8 | stream->bytes[1];
        if (wanted > DNS_MESSAGE_MAX)
            return -1;
        if (stream->length < 2 + wanted)
            return 0;
        handle(stream->resolver, &asker, stream->bytes + 2, wanted);
        stream->length -= 2 + wanted;
        memmove(stream->bytes, stream->bytes + 2 + wanted, stream->length);
    }
    return 0;
}

static void stream_ready(struct watch *watch, uint32_t events)
{
    struct stream *stream = member_of(watch, struct stream, watch);
    ssize_t n = recv(watch->fd, stream->bytes + stream->length,
                     sizeof stream->bytes - stream->length, MSG_DONTWAIT);
    (void)events;
    if (n < 0 && errno == EAGAIN)
        return;
    if (n > 0) {
        stream->length += (size_t)n;
        timer_set(&stream->resolver->gate->reactor, &stream->timer, TIMER_HELLO);
    }
    if (n <= 0 || stream_messages(stream) < 0)
        stream_close(stream);
}

static void stream_accept(struct resolver *resolver, int fd)
{
    for (size_t i = 0; i < STREAMS_MAX; i++) {
        struct stream *stream = &resolver->streams[i];
        if (stream->watch.fd >= 0)
            continue;
        stream->watch.fd = fd;
        stream->length = 0;
        if (reactor_add_input(&resolver->gate->reactor, &stream->watch) < 0)
            break;
        timer_set(&resolver->gate->reactor, &stream->timer, TIMER_HELLO);
        return;
    }
    close(fd);
}

static void accepted(struct listener *listener, int fd)
{
    stream_accept(listener->context, fd);
}

static int open_at(struct resolver *resolver, size_t which)
{
    struct gate *gate = resolver->gate;
    struct opening *opening = &resolver->openings[which];
    struct listener *listener = &resolver->listeners[which];
    int fd = gate->sockets.dns_udp[which];
    *opening =
        (struct opening){.watch = {.fd = fd, .ready = datagram_ready}, .resolver = resolver};
    *listener = (struct listener){.context = resolver, .accepted = accepted};
    if (fd >= 0 && reactor_add_input(&gate->reactor, &opening->watch) < 0)
        return -1;
    return listener_open(listener, &gate->reactor, gate->sockets.dns_tcp[which]);
}

struct resolver *resolver_open(struct gate *gate, struct error *err)
{
    struct resolver *resolver = calloc(1, sizeof *resolver);
    if (!resolver) {
        error_errno(err, "cannot make the resolver");
        return NULL;
    }
    resolver->gate = gate;
    for (size_t i = 0; i < STREAMS_MAX; i++)
        resolver->streams[i] = (struct stream){.resolver = resolver,
                                               .watch = {.fd = -1, .ready = stream_ready},
                                               .timer = {.expired = stream_expired}};
    for (size_t i = 0; i < array_length(resolver->listeners); i++) {
        if (open_at(resolver, i) == 0)
            continue;
        error_errno(err, "cannot wait for the agent's DNS queries");
        free(resolver);
        return NULL;
    }
    return resolver;
}
