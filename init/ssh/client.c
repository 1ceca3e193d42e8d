/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/ssh/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init/ssh/signed.h"
#include "shared/log.h"

enum {
    READ_AT_ONCE = 16 * 1024,
    STEPS_A_TURN = 32, /* then others have theirs */
};

/* --- frames --------------------------------------------------------------------------------
 */

enum reading { FRAME_IS_WHOLE, FRAME_IS_COMING, FRAME_NEVER, FRAME_BAD };

/* All clients together keep a bounded number of bytes; who comes too late is refused. */
static bool hold(struct client *client, size_t size)
{
    struct proxy *proxy = client->proxy;
    if (proxy->buffered + size > PROXY_BUFFERED_MAX)
        return false;
    proxy->buffered += size;
    client->held += size;
    return true;
}

/* No byte more than the frame has, so that there is nothing to keep for the next. */
static enum reading read_frame(struct client *client, int fd, struct buf *frame)
{
    for (;;) {
        size_t size = frame_size((const uint8_t *)frame->data, frame->length);
        if (size == 0)
            return FRAME_BAD;
        if (frame->length == size)
            return FRAME_IS_WHOLE;
        if (frame->length == FRAME_LENGTH && !hold(client, size))
            return FRAME_BAD;
        size_t room = size - frame->length < READ_AT_ONCE ? size - frame->length : READ_AT_ONCE;
        char *to = buf_reserve(frame, room);
        ssize_t n = to ? recv(fd, to, room, MSG_DONTWAIT) : 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return FRAME_IS_COMING;
        if (n <= 0)
            return FRAME_NEVER;
        frame->length += (size_t)n;
    }
}

/* 1: all is written; 0: it takes no more now; -1: it never will. */
static int write_frame(struct client *client, int fd)
{
    while (client->written < client->out.length) {
        ssize_t n = send(fd, client->out.data + client->written,
                         client->out.length - client->written, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? 0 : -1;
        client->written += (size_t)n;
    }
    return 1;
}

static bool put_out(struct client *client, const void *frame, size_t length)
{
    buf_clear(&client->out);
    client->written = 0;
    return buf_append(&client->out, frame, length) == 0;
}

static struct bytes contents(const struct buf *frame)
{
    return (struct bytes){(const uint8_t *)frame->data + FRAME_LENGTH,
                          frame->length - FRAME_LENGTH};
}

/* --- answers -------------------------------------------------------------------------------
 */

static void set_timer(struct client *client, enum timer_kind kind)
{
    timer_set(&client->proxy->reactor, &client->timer, kind);
}

static void answer(struct client *client, const void *frame, size_t length)
{
    if (!put_out(client, frame, length))
        client->last = true; /* with nothing in it, the end is the answer */
    client->state = CLIENT_ANSWERS;
    set_timer(client, TIMER_DIAL);
}

static void fail(struct client *client)
{
    answer(client, FRAME_FAILURE, FRAME_FAILURE_LENGTH);
}

static void refuse_signature(struct client *client, enum signature_result why)
{
    client->signature.result = why;
    (void)proxy_tell(client->proxy, &client->signature);
    fail(client);
}

/* --- the agent -----------------------------------------------------------------------------
 */

static void be_busy(struct client *client)
{
    if (client->idle)
        row_remove(&client->proxy->idle, client);
    client->idle = false;
}

static void far_drop(struct client *client)
{
    if (client->far.fd < 0)
        return;
    be_busy(client);
    reactor_remove(&client->proxy->reactor, &client->far);
    close(client->far.fd);
    client->far.fd = -1;
    proxy_upstream_closed(client->proxy);
}

/* Whatever is there to be read was not asked for, or is the end. */
static bool far_is_quiet(const struct client *client)
{
    uint8_t byte;
    return recv(client->far.fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 &&
           (errno == EAGAIN || errno == EINTR);
}

static void want(struct client *client);

/* The connection is of no use any more. What was bound to it is lost with it, and a connection
 * without that may do more, not less (identity_permitted() in ssh-agent.c): so the client goes
 * as well. */
static void far_failed(struct client *client)
{
    const bool stale = client->spare && client->answer.length == 0 && !client->binds;
    far_drop(client);
    if (stale) {
        want(client); /* another, made now */
        return;
    }
    client->last = client->binds != NULL;
    if (client->request.kind == REQUEST_SIGN)
        refuse_signature(client, SIGNATURE_FAILED);
    else
        fail(client);
}

static void begin_to_ask(struct client *client)
{
    static const uint8_t list[] = {0, 0, 0, 1, AGENT_REQUEST_IDENTITIES};
    const struct buf *in = &client->in;
    buf_clear(&client->answer);
    if (!far_is_quiet(client) || !(client->listing ? put_out(client, list, sizeof list)
                                                   : put_out(client, in->data, in->length))) {
        far_failed(client);
        return;
    }
    client->state = CLIENT_ASKS;
    /* For a signature the agent may ask its owner. */
    const bool consent = client->request.kind == REQUEST_SIGN && !client->listing;
    set_timer(client, consent ? TIMER_CONSENT : TIMER_HELLO);
}

static void far_ready(struct watch *watch, uint32_t events);

static void connect_to(struct client *client, int fd, bool spare)
{
    client->far = (struct watch){.fd = fd, .ready = far_ready};
    client->spare = spare;
    if (reactor_add(&client->proxy->reactor, &client->far) < 0)
        far_failed(client);
    else
        begin_to_ask(client);
}

/* The connection to ask through: the client's own, or a new one. */
static void want(struct client *client)
{
    if (client->far.fd >= 0) {
        be_busy(client);
        begin_to_ask(client);
        return;
    }
    int fd = proxy_take_spare(client->proxy);
    if (fd >= 0) {
        connect_to(client, fd, true);
        return;
    }
    client->state = CLIENT_WAITS;
    set_timer(client, TIMER_HELLO);
    proxy_wait(client->proxy, client);
}

/* --- requests ------------------------------------------------------------------------------
 */

static void quote(char *out, size_t size, struct bytes text)
{
    term_quote(out, size, (const char *)text.data, text.length);
}

static void find_host_key(const struct client *client, const struct signed_data *data,
                          char out[KEY_FINGERPRINT])
{
    uint8_t session[KEY_DIGEST];
    if (data->host_key.length > 0) {
        key_fingerprint(data->host_key, out);
        return;
    }
    key_digest(data->session, session);
    for (size_t i = 0; i < client->bind_count; i++)
        if (memcmp(client->binds[i].session, session, sizeof session) == 0)
            memcpy(out, client->binds[i].host_key, KEY_FINGERPRINT);
}

/* For the log: as much as the data say, and only where they are of the key that signs them. */
static void describe(struct client *client)
{
    struct signature *signature = &client->signature;
    struct signed_data data;
    char key[KEY_FINGERPRINT];
    *signature = (struct signature){.result = SIGNATURE_FAILED};
    key_fingerprint(client->request.key, signature->key);
    signed_parse(client->request.data, &data);
    if (data.kind == SIGNED_MESSAGE)
        quote(signature->namespace, sizeof signature->namespace, data.namespace);
    if (data.kind != SIGNED_LOGIN)
        return;
    key_fingerprint(data.key, key);
    if (strcmp(key, signature->key) != 0)
        return;
    quote(signature->user, sizeof signature->user, data.user);
    quote(signature->service, sizeof signature->service, data.service);
    find_host_key(client, &data, signature->host_key);
}

/* `asked`: which keys there are was asked for this very request. */
static void judge_signature(struct client *client, bool asked)
{
    const struct identity *identity =
        identities_find(&client->proxy->identities, client->request.key);
    client->listing = !identity && !asked;
    if (client->listing) {
        want(client);
        return;
    }
    if (identity)
        memcpy(client->signature.comment, identity->comment, sizeof identity->comment);
    if (!identity || !identity->visible)
        refuse_signature(client, SIGNATURE_HIDDEN);
    else if (!proxy_may_sign(client->proxy))
        refuse_signature(client, SIGNATURE_LIMITED);
    else
        want(client);
}

static void judge_request(struct client *client)
{
    frame_request(contents(&client->in), &client->request);
    switch (client->request.kind) {
    case REQUEST_REFUSED:
        fail(client);
        break;
    case REQUEST_SIGN:
        describe(client);
        judge_signature(client, false);
        break;
    case REQUEST_LIST:
    case REQUEST_BIND:
    case REQUEST_QUERY:
        want(client);
        break;
    }
}

/* --- the agent's answers -------------------------------------------------------------------
 */

static void note_bind(struct client *client)
{
    if (!client->binds)
        client->binds = calloc(CLIENT_BINDS_MAX, sizeof *client->binds);
    if (!client->binds || client->bind_count == CLIENT_BINDS_MAX)
        return;
    struct bind *bind = &client->binds[client->bind_count++];
    key_digest(client->request.session, bind->session);
    key_fingerprint(client->request.host_key, bind->host_key);
}

/* Only what PID 1 was told of leaves. */
static void signature_made(struct client *client)
{
    client->signature.result = SIGNATURE_MADE;
    if (proxy_tell(client->proxy, &client->signature))
        answer(client, client->answer.data, client->answer.length);
    else
        fail(client);
}

static void list_made(struct client *client)
{
    struct identities *identities = &client->proxy->identities;
    if (identities_take(identities, contents(&client->answer)) < 0)
        far_failed(client);
    else if (client->listing)
        judge_signature(client, true);
    else
        answer(client, identities->shown.data, identities->shown.length);
}

static void judge_answer(struct client *client)
{
    const enum request_kind asked = client->listing ? REQUEST_LIST : client->request.kind;
    const struct bytes frame = contents(&client->answer);
    if (!frame_answers(asked, frame)) {
        far_failed(client);
        return;
    }
    switch (frame.data[0]) {
    case AGENT_IDENTITIES_ANSWER:
        list_made(client);
        return;
    case AGENT_SIGN_RESPONSE:
        signature_made(client);
        return;
    case AGENT_SUCCESS:
        if (asked == REQUEST_BIND)
            note_bind(client);
        break;
    default:
        if (client->request.kind == REQUEST_SIGN) {
            refuse_signature(client, SIGNATURE_FAILED);
            return;
        }
        break;
    }
    answer(client, client->answer.data, client->answer.length);
}

/* --- its life ------------------------------------------------------------------------------
 */

static void forget_request(struct client *client)
{
    struct buf *const frames[] = {&client->in, &client->out, &client->answer};
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++)
        buf_free(frames[i]);
    client->proxy->buffered -= client->held;
    client->held = 0;
    client->listing = false;
    client->request = (struct request){.kind = REQUEST_REFUSED};
}

void client_close(struct client *client)
{
    struct proxy *proxy = client->proxy;
    timer_stop(&client->timer);
    if (client->state == CLIENT_WAITS)
        row_remove(&proxy->waiting, client);
    far_drop(client);
    reactor_remove(&proxy->reactor, &client->near);
    close(client->near.fd);
    forget_request(client);
    free(client->binds);
    proxy_client_gone(proxy, client);
    free(client);
}

/* Each of the next three: false where there is nothing more to do now, which may be because
 * the client is gone. */
static bool read_request(struct client *client)
{
    switch (read_frame(client, client->near.fd, &client->in)) {
    case FRAME_IS_WHOLE:
        judge_request(client);
        return true;
    case FRAME_IS_COMING:
        /* Counted from its first byte. */
        if (client->in.length > 0 && client->timer.kind != TIMER_DIAL)
            set_timer(client, TIMER_DIAL);
        return false;
    case FRAME_NEVER:
        if (client->in.length == 0) {
            client_close(client);
            return false;
        }
        break;
    case FRAME_BAD:
        break;
    }
    client->last = true;
    fail(client);
    return true;
}

static bool ask(struct client *client)
{
    int wrote = write_frame(client, client->far.fd);
    if (wrote == 0)
        return false;
    enum reading reading =
        wrote < 0 ? FRAME_NEVER : read_frame(client, client->far.fd, &client->answer);
    if (reading == FRAME_IS_COMING)
        return false;
    if (reading == FRAME_IS_WHOLE)
        judge_answer(client);
    else
        far_failed(client);
    return true;
}

static bool give_answer(struct client *client)
{
    int wrote = write_frame(client, client->near.fd);
    if (wrote == 0)
        return false;
    if (wrote < 0 || client->last) {
        client_close(client);
        return false;
    }
    forget_request(client);
    client->state = CLIENT_READS;
    set_timer(client, TIMER_IDLE);
    if (client->far.fd >= 0 && !client->binds) {
        client->idle = true;
        proxy_idle(client->proxy, client);
    }
    return true;
}

/* Until it has to wait for somebody. */
static void go_on(struct client *client)
{
    for (int step = 0; step < STEPS_A_TURN; step++) {
        bool more = false;
        switch (client->state) {
        case CLIENT_READS:
            more = read_request(client);
            break;
        case CLIENT_ASKS:
            more = ask(client);
            break;
        case CLIENT_ANSWERS:
            more = give_answer(client);
            break;
        case CLIENT_WAITS:
            break;
        }
        if (!more)
            return;
    }
    reactor_again(&client->proxy->reactor, &client->near);
}

static void near_ready(struct watch *watch, uint32_t events)
{
    struct client *client = member_of(watch, struct client, near);
    /* Both ways: nobody is there to be answered. One way alone is a client that has asked all
     * it wants. */
    if (events & (EPOLLHUP | EPOLLERR))
        client_close(client);
    else
        go_on(client);
}

static void far_ready(struct watch *watch, uint32_t events)
{
    struct client *client = member_of(watch, struct client, far);
    if (client->state == CLIENT_ASKS) {
        go_on(client);
        return;
    }
    if (!(events & ~(uint32_t)EPOLLOUT) || far_is_quiet(client))
        return;
    far_drop(client);
    if (client->binds && client->state == CLIENT_READS)
        client_close(client);
    else
        client->last = client->last || client->binds;
}

static void expired(struct timer *timer)
{
    struct client *client = member_of(timer, struct client, timer);
    switch (client->state) {
    case CLIENT_READS:
    case CLIENT_ANSWERS:
        client_close(client);
        return;
    case CLIENT_WAITS:
        row_remove(&client->proxy->waiting, client);
        client_not_connected(client);
        return;
    case CLIENT_ASKS:
        client->spare = false; /* it had its time */
        far_failed(client);
        go_on(client);
        return;
    }
}

void client_connected(struct client *client, int fd)
{
    connect_to(client, fd, false);
    go_on(client);
}

void client_not_connected(struct client *client)
{
    if (client->request.kind == REQUEST_SIGN)
        refuse_signature(client, SIGNATURE_FAILED);
    else
        fail(client);
    go_on(client);
}

void client_let_go(struct client *client)
{
    far_drop(client);
}

struct client *client_accept(struct proxy *proxy, int fd)
{
    struct client *client = calloc(1, sizeof *client);
    if (!client)
        return NULL;
    *client = (struct client){.proxy = proxy,
                              .near = {.fd = fd, .ready = near_ready},
                              .far = {.fd = -1},
                              .timer = {.expired = expired},
                              .in = BUF_INIT(FRAME_WHOLE_MAX),
                              .out = BUF_INIT(FRAME_WHOLE_MAX),
                              .answer = BUF_INIT(FRAME_WHOLE_MAX)};
    if (reactor_add(&proxy->reactor, &client->near) < 0) {
        free(client);
        return NULL;
    }
    set_timer(client, TIMER_IDLE);
    return client;
}
