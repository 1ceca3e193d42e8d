/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/ssh/proxy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "init/ssh/client.h"

enum {
    MESSAGES_A_TURN = 2 * PROXY_ASKED_MAX,
    OTHER_DESCRIPTORS = 32,
    LIMIT_MS = 60 * 1000,
    REFUSAL_MS = 1000 / PROXY_REFUSALS_A_SECOND,
};

/* --- clients ----------------------------------------------------------------------------- */

static void go_deaf(struct proxy *proxy)
{
    if (!proxy->deaf)
        reactor_remove(&proxy->reactor, &proxy->listener);
    proxy->deaf = true;
}

static void listen_again(struct proxy *proxy)
{
    if (proxy->deaf && proxy->count < proxy->most &&
        reactor_add_input(&proxy->reactor, &proxy->listener) == 0)
        proxy->deaf = false;
}

/* Who dialled, as the kernel says it: unix(7), SO_PEERCRED. */
static bool is_agent(const struct proxy *proxy, int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           peer.uid == proxy->agent;
}

static void admit(struct proxy *proxy, int fd)
{
    struct client *client = is_agent(proxy, fd) ? client_accept(proxy, fd) : NULL;
    if (!client) {
        close(fd);
        return;
    }
    client->next = proxy->clients;
    if (client->next)
        client->next->previous = client;
    proxy->clients = client;
    proxy->count++;
    client_start(client);
}

/* One a turn: who comes alone need not wait until nobody else is found. */
static void listener_ready(struct watch *watch, uint32_t events)
{
    struct proxy *proxy = member_of(watch, struct proxy, listener);
    (void)events;
    /* The rest stays in the kernel's queue, and beyond that connect(2) waits. */
    if (proxy->count >= proxy->most) {
        go_deaf(proxy);
        return;
    }
    struct sockaddr_un peer;
    socklen_t size = sizeof peer;
    int fd = accept4(watch->fd, (struct sockaddr *)&peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        admit(proxy, fd);
        return;
    }
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
        return;
    /* Of memory or descriptors the machine has none: not asked again at once. */
    go_deaf(proxy);
    timer_set(&proxy->reactor, &proxy->again, TIMER_TICK);
}

void proxy_client_gone(struct proxy *proxy, struct client *client)
{
    if (client->previous)
        client->previous->next = client->next;
    else
        proxy->clients = client->next;
    if (client->next)
        client->next->previous = client->previous;
    proxy->count--;
    listen_again(proxy);
}

/* --- rows -------------------------------------------------------------------------------- */

void row_add(struct row *row, struct client *client)
{
    client->before = row->last;
    client->behind = NULL;
    *(row->last ? &row->last->behind : &row->first) = client;
    row->last = client;
    row->count++;
}

void row_remove(struct row *row, struct client *client)
{
    *(client->before ? &client->before->behind : &row->first) = client->behind;
    *(client->behind ? &client->behind->before : &row->last) = client->before;
    client->before = client->behind = NULL;
    row->count--;
}

/* --- PID 1's words ----------------------------------------------------------------------- */

bool proxy_send(struct proxy *proxy, const struct message *message)
{
    uint8_t bytes[MESSAGE_MAX];
    size_t length = message_print(message, bytes);
    return send(proxy->control.fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL) ==
           (ssize_t)length;
}

/* -1: none came along. */
static int descriptor_of(struct msghdr *packet)
{
    int fd = -1;
    struct cmsghdr *head = CMSG_FIRSTHDR(packet);
    if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
        head->cmsg_len == CMSG_LEN(sizeof fd))
        memcpy(&fd, CMSG_DATA(head), sizeof fd);
    return fd;
}

static void obey(struct proxy *proxy, const struct message *message, int fd)
{
    if (message->kind == MESSAGE_CONSENT)
        consent_given(proxy, message->number, message->consent);
    if (message->kind != MESSAGE_GIVEN && message->kind != MESSAGE_NONE)
        return;
    if (proxy->asked > 0)
        proxy->asked--;
    if (fd >= 0)
        upstream_given(proxy, fd);
    else
        upstream_not_given(proxy, message->kind == MESSAGE_NONE ? message->error : EMFILE);
    upstreams_want(proxy);
}

static void control_ready(struct watch *watch, uint32_t events)
{
    struct proxy *proxy = member_of(watch, struct proxy, control);
    (void)events;
    for (int i = 0; i < MESSAGES_A_TURN && !proxy->reactor.ended; i++) {
        uint8_t bytes[MESSAGE_MAX];
        _Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))];
        struct iovec part = {.iov_base = bytes, .iov_len = sizeof bytes};
        struct msghdr packet = {.msg_iov = &part,
                                .msg_iovlen = 1,
                                .msg_control = room,
                                .msg_controllen = sizeof room};
        struct message message;
        ssize_t n = recvmsg(watch->fd, &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0) {
            proxy->reactor.ended = true;
            return;
        }
        int fd = descriptor_of(&packet);
        if (message_parse(bytes, (size_t)n, &message) == 0)
            obey(proxy, &message, fd);
        else if (fd >= 0)
            close(fd);
    }
}

static void again(struct timer *timer)
{
    struct proxy *proxy = member_of(timer, struct proxy, again);
    proxy->busy = false;
    listen_again(proxy);
    upstreams_want(proxy);
    consent_again(proxy);
}

/* --- signatures -------------------------------------------------------------------------- */

bool proxy_may_sign(struct proxy *proxy)
{
    const uint32_t limit = proxy->session->ssh.limit;
    if (limit == 0)
        return true;
    /* The oldest of the last `limit` ones: 0 where there were fewer. */
    uint64_t *oldest = &proxy->signatures[proxy->next_signature];
    if (*oldest != 0 && proxy->reactor.now - *oldest < LIMIT_MS)
        return false;
    *oldest = proxy->reactor.now;
    proxy->next_signature = (proxy->next_signature + 1) % limit;
    return true;
}

/* Those that are bounded by what the user does. */
static bool is_always_told(enum signature_result result)
{
    return result == SIGNATURE_MADE || result == SIGNATURE_CONFIRMED ||
           result == SIGNATURE_REFUSED;
}

bool proxy_tell(struct proxy *proxy, const struct signature *signature)
{
    if (!proxy->session->ssh.log)
        return true;
    /* Whoever is refused all the time shall not fill the log with that. */
    if (!is_always_told(signature->result)) {
        if (proxy->last_refusal != 0 && proxy->reactor.now - proxy->last_refusal < REFUSAL_MS)
            return true;
        proxy->last_refusal = proxy->reactor.now;
    }
    return proxy_send(proxy,
                      &(struct message){.kind = MESSAGE_SIGNATURE, .signature = *signature});
}

/* --- its life ---------------------------------------------------------------------------- */

static size_t most_clients(void)
{
    const size_t others = PROXY_UPSTREAMS_MAX + OTHER_DESCRIPTORS;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= PROXY_CLIENTS_MAX + others)
        return PROXY_CLIENTS_MAX;
    return limit.rlim_cur > others ? limit.rlim_cur - others : 1;
}

int proxy_prepare(struct proxy *proxy, const struct proxy_setup *setup, struct error *err)
{
    const struct session *session = setup->session;
    *proxy = (struct proxy){
        .listener = {.fd = setup->listener, .ready = listener_ready},
        .control = {.fd = setup->control, .ready = control_ready},
        .session = session,
        .agent = setup->agent,
        .most = most_clients(),
        .again = {.expired = again},
    };
    upstreams_init(proxy);
    identities_init(&proxy->identities, &session->ssh.keys);
    if (session->ssh.limit > 0 &&
        !(proxy->signatures = calloc(session->ssh.limit, sizeof *proxy->signatures)))
        return error_errno(err, "cannot make the ssh proxy's tables");
    if (reactor_open(&proxy->reactor, err) < 0)
        return -1;
    if (reactor_add_input(&proxy->reactor, &proxy->listener) < 0 ||
        reactor_add_input(&proxy->reactor, &proxy->control) < 0)
        return error_errno(err, "the ssh proxy cannot wait for connections");
    return 0;
}

void proxy_run(struct proxy *proxy)
{
    reactor_run(&proxy->reactor);
}
