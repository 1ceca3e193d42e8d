/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/lookup.h"

#include <ares.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "shared/cleanup.h"

enum {
    NAME_MAX_BYTES = 254,
    SOCKETS_MAX = 32, /* c-ares: a UDP and a TCP socket a server, 16 servers */
    TRIES = 3,
    FIRST_TIMEOUT_MS = 1500, /* doubled a try */
};

struct cached {
    char name[NAME_MAX_BYTES];
    uint64_t until; /* of the reactor's clock; 0: free */
    struct addresses addresses;
};

struct asked {
    struct watch watch;
    struct lookup *lookup;
};

struct lookup {
    struct reactor *reactor;
    ares_channel channel;
    struct asked sockets[SOCKETS_MAX];
    struct timer tick;
    size_t under_way;
    struct hosts hosts;
    struct cached *cache; /* by hash of the name, one place a name */
    struct question *questions;
};

/* One name that is being asked for, in both families, however many wait for it. When one has
 * answered, the other has a moment left (RFC 8305 3): there are name servers that never answer
 * for IPv6. */
struct question {
    struct question *next;
    struct lookup *lookup;
    char name[NAME_MAX_BYTES];
    struct lookup_query *waiting; /* list */
    struct addresses found;
    int ttl, pending; /* families that did not answer yet */
    bool told;
    struct timer moment;
};

struct lookup_query {
    struct lookup *lookup;
    struct lookup_query *next; /* who waits for the same name */
    lookup_done *done;
    lookup_answer *answer;
    void *context;
    struct lookup_query **handle; /* the asker's; NULL: nobody waits any more */
};

/* --- c-ares's sockets and time-outs on the reactor ------------------------------------- */

static void tick_if_needed(struct lookup *lookup)
{
    if (lookup->under_way == 0)
        timer_stop(&lookup->tick);
    else if (!lookup->tick.next) /* not put off by every new query */
        timer_set(lookup->reactor, &lookup->tick, TIMER_TICK);
}

static void tick_expired(struct timer *timer)
{
    struct lookup *lookup = member_of(timer, struct lookup, tick);
    ares_process_fd(lookup->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    tick_if_needed(lookup);
}

static void socket_ready(struct watch *watch, uint32_t events)
{
    struct asked *asked = member_of(watch, struct asked, watch);
    int fd = watch->fd;
    ares_process_fd(asked->lookup->channel,
                    events & (EPOLLIN | EPOLLERR | EPOLLHUP) ? fd : ARES_SOCKET_BAD,
                    events & EPOLLOUT ? fd : ARES_SOCKET_BAD);
}

/* c-ares says what it waits for; neither: it is about to close the socket. */
static void socket_state(void *context, ares_socket_t fd, int readable, int writable)
{
    struct lookup *lookup = context;
    struct asked *mine = NULL, *vacant = NULL;
    for (size_t i = 0; i < array_length(lookup->sockets); i++) {
        if (lookup->sockets[i].watch.fd == fd)
            mine = &lookup->sockets[i];
        else if (lookup->sockets[i].watch.fd < 0 && !vacant)
            vacant = &lookup->sockets[i];
    }
    if (mine) {
        reactor_remove(lookup->reactor, &mine->watch);
        mine->watch.fd = -1;
        vacant = mine;
    }
    if ((!readable && !writable) || !vacant) /* no place: that query times out */
        return;
    vacant->watch.fd = fd;
    if ((writable ? reactor_add : reactor_add_input)(lookup->reactor, &vacant->watch) < 0)
        vacant->watch.fd = -1;
}

/* --- hosts(5) ---------------------------------------------------------------------------- */

const struct address *lookup_hosts(const struct lookup *lookup, const char *name, int family)
{
    return hosts_address(&lookup->hosts, name, family);
}

const char *lookup_hosts_name(const struct lookup *lookup, const struct address *address)
{
    return hosts_name(&lookup->hosts, address);
}

/* --- cache ------------------------------------------------------------------------------- */

static struct cached *cache_place(struct lookup *lookup, const char *name)
{
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (const char *c = name; *c; c++)
        hash = (hash ^ (uint8_t)*c) * 16777619U;
    return &lookup->cache[hash % LOOKUP_CACHE_MAX];
}

static bool from_cache(struct lookup *lookup, const char *name, struct addresses *found)
{
    const struct cached *cached = cache_place(lookup, name);
    if (cached->until <= lookup->reactor->now || strcmp(cached->name, name) != 0)
        return false;
    *found = cached->addresses;
    return true;
}

static void keep(struct lookup *lookup, const char *name, const struct addresses *found,
                 int ttl)
{
    if (ttl <= 0)
        return;
    struct cached *cached = cache_place(lookup, name);
    memcpy(cached->name, name, strlen(name) + 1);
    cached->addresses = *found;
    uint64_t seconds = ttl > LOOKUP_TTL_MAX ? LOOKUP_TTL_MAX : (uint64_t)ttl;
    cached->until = lookup->reactor->now + seconds * 1000;
}

/* --- queries ----------------------------------------------------------------------------- */

static struct lookup_query *query_new(struct lookup *lookup, void *context,
                                      struct lookup_query **handle)
{
    *handle = NULL;
    struct lookup_query *query = calloc(1, sizeof *query);
    if (!query)
        return NULL;
    query->lookup = lookup;
    query->context = context;
    query->handle = handle;
    lookup->under_way++;
    *handle = query;
    return query;
}

/* c-ares let go of it, and so must everybody else before they are told. */
static void query_forget(struct lookup_query *query)
{
    query->lookup->under_way--;
    if (query->handle)
        *query->handle = NULL;
}

void lookup_cancel(struct lookup_query **handle)
{
    if (!*handle)
        return;
    (*handle)->handle = NULL; /* freed when c-ares is through with it */
    *handle = NULL;
}

static void copy_addresses(const struct ares_addrinfo *result, struct addresses *found,
                           int *ttl)
{
    for (const struct ares_addrinfo_node *node = result->nodes;
         node && found->count < ADDRESSES_MAX; node = node->ai_next) {
        struct address *to = &found->list[found->count];
        to->family = node->ai_family;
        if (node->ai_family == AF_INET)
            memcpy(to->bytes,
                   &((const struct sockaddr_in *)(const void *)node->ai_addr)->sin_addr, 4);
        else if (node->ai_family == AF_INET6)
            memcpy(to->bytes,
                   &((const struct sockaddr_in6 *)(const void *)node->ai_addr)->sin6_addr, 16);
        else
            continue;
        found->count++;
        if (node->ai_ttl < *ttl)
            *ttl = node->ai_ttl;
    }
}

static const char *reason(int status)
{
    switch (status) {
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
        return "no such name";
    case ARES_ETIMEOUT:
        return "the name server does not answer";
    case ARES_ECONNREFUSED:
        return "the name server cannot be reached";
    default:
        return "the name server failed";
    }
}

/* No longer there for others to join. */
static void question_withdraw(struct question *question)
{
    struct question **at = &question->lookup->questions;
    while (*at != question)
        at = &(*at)->next;
    *at = question->next;
}

static void tell(struct question *question, const char *why)
{
    const struct addresses *found = question->found.count > 0 ? &question->found : NULL;
    question->told = true;
    question_withdraw(question);
    while (question->waiting) {
        struct lookup_query *query = question->waiting;
        question->waiting = query->next;
        bool wanted = query->handle != NULL;
        query_forget(query);
        if (wanted)
            query->done(query->context, found, found ? "" : why);
        free(query);
    }
}

static void moment_over(struct timer *timer)
{
    tell(member_of(timer, struct question, moment), "");
}

static void resolved(void *context, int status, int timeouts, struct ares_addrinfo *result)
{
    struct question *question = context;
    struct lookup *lookup = question->lookup;
    (void)timeouts;
    if (status == ARES_SUCCESS && result)
        copy_addresses(result, &question->found, &question->ttl);
    if (result)
        ares_freeaddrinfo(result);
    if (--question->pending > 0) {
        if (question->found.count > 0)
            timer_set(lookup->reactor, &question->moment, TIMER_TICK);
        return;
    }
    timer_stop(&question->moment);
    lookup->under_way--;
    if (question->found.count > 0)
        keep(lookup, question->name, &question->found, question->ttl);
    if (!question->told)
        tell(question, reason(status));
    free(question);
}

static struct question *question_of(struct lookup *lookup, const char *name)
{
    struct question *question = lookup->questions;
    while (question && strcmp(question->name, name) != 0)
        question = question->next;
    return question;
}

static void ask(struct lookup *lookup, const char *name, struct lookup_query *query)
{
    static const int families[] = {AF_INET6, AF_INET};
    struct question *question = calloc(1, sizeof *question);
    if (!question) {
        query_forget(query);
        query->done(query->context, NULL, "out of memory");
        free(query);
        return;
    }
    *question = (struct question){.next = lookup->questions,
                                  .lookup = lookup,
                                  .waiting = query,
                                  .ttl = LOOKUP_TTL_MAX,
                                  .pending = (int)array_length(families),
                                  .moment = {.expired = moment_over}};
    (void)strncpy(question->name, name, sizeof question->name - 1);
    lookup->questions = question;
    lookup->under_way++;
    for (size_t i = 0; i < array_length(families); i++) {
        const struct ares_addrinfo_hints hints = {
            .ai_family = families[i], .ai_socktype = SOCK_STREAM, .ai_flags = ARES_AI_NOSORT};
        /* The last of them may free the question. */
        ares_getaddrinfo(lookup->channel, name, NULL, &hints, resolved, question);
    }
    tick_if_needed(lookup);
}

void lookup_start(struct lookup *lookup, const char *name, lookup_done *done, void *context,
                  struct lookup_query **handle)
{
    struct addresses found;
    *handle = NULL;
    if (hosts_addresses(&lookup->hosts, name, &found) || from_cache(lookup, name, &found)) {
        done(context, &found, "");
        return;
    }
    struct lookup_query *query = query_new(lookup, context, handle);
    if (!query) {
        done(context, NULL, "out of memory");
        return;
    }
    query->done = done;
    struct question *question = question_of(lookup, name);
    if (question) {
        query->next = question->waiting;
        question->waiting = query;
    } else {
        ask(lookup, name, query);
    }
}

static void answered(void *context, int status, int timeouts, unsigned char *message,
                     int length)
{
    struct lookup_query *query = context;
    (void)status, (void)timeouts;
    bool wanted = query->handle != NULL;
    query_forget(query);
    if (wanted)
        query->answer(query->context, message, message && length > 0 ? (size_t)length : 0);
    free(query);
}

void lookup_forward(struct lookup *lookup, const uint8_t *message, size_t length,
                    lookup_answer *done, void *context, struct lookup_query **handle)
{
    struct lookup_query *query = query_new(lookup, context, handle);
    if (!query) {
        done(context, NULL, 0);
        return;
    }
    query->answer = done;
    ares_send(lookup->channel, message, (int)length, answered, query);
    tick_if_needed(lookup);
}

struct lookup *lookup_open(struct reactor *reactor, const char *servers, const char *hosts,
                           struct error *err)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);
    if (lookup)
        lookup->cache = calloc(LOOKUP_CACHE_MAX, sizeof *lookup->cache);
    if (!lookup || !lookup->cache || hosts_read(&lookup->hosts, hosts) < 0) {
        error_set(err, "cannot make the gate's resolver: out of memory");
        return NULL;
    }
    lookup->reactor = reactor;
    lookup->tick.expired = tick_expired;
    for (size_t i = 0; i < array_length(lookup->sockets); i++)
        lookup->sockets[i] =
            (struct asked){.watch = {.fd = -1, .ready = socket_ready}, .lookup = lookup};
    char lookups[] = "b"; /* name servers only: no file is in the gate's reach */
    struct ares_options options = {.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
                                   .timeout = FIRST_TIMEOUT_MS,
                                   .tries = TRIES,
                                   .lookups = lookups,
                                   .sock_state_cb = socket_state,
                                   .sock_state_cb_data = lookup};
    int status = ares_library_init(ARES_LIB_INIT_ALL);
    if (status == ARES_SUCCESS)
        status = ares_init_options(&lookup->channel, &options,
                                   ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                                       ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB);
    if (status == ARES_SUCCESS && *servers)
        status = ares_set_servers_ports_csv(lookup->channel, servers);
    if (status == ARES_SUCCESS)
        return lookup;
    error_set(err, "cannot make the gate's resolver: %s", ares_strerror(status));
    return NULL;
}
