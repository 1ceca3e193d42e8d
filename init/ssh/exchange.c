/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of a request: which are answered here, which go to the agent, and what of its
 * answers goes back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "init/ssh/client.h"
#include "init/ssh/signed.h"
#include "shared/log.h"

/* --- answers ----------------------------------------------------------------------------- */

static void answer(struct client *client, const void *frame, size_t length)
{
    if (!client_put_out(client, frame, length))
        client->last = true; /* with nothing in it, the end is the answer */
    client->state = CLIENT_ANSWERS;
    client_set_timer(client, TIMER_DIAL);
}

void exchange_fail(struct client *client)
{
    answer(client, FRAME_FAILURE, FRAME_FAILURE_LENGTH);
}

static void refuse_signature(struct client *client, enum signature_result why)
{
    client->signature.result = why;
    (void)proxy_tell(client->proxy, &client->signature);
    exchange_fail(client);
}

/* --- the agent --------------------------------------------------------------------------- */

static void want(struct client *client);

/* The connection is of no use any more. What was bound to it is lost with it, and a connection
 * without that may do more, not less (identity_permitted() in ssh-agent.c): so the client goes
 * as well. */
void exchange_lost(struct client *client)
{
    const bool stale = client->used && client->answer.length == 0 && !client->bound;
    client_drop_upstream(client);
    if (stale) {
        want(client); /* another, made now */
        return;
    }
    client->last = client->bound;
    if (client->request.kind == REQUEST_SIGN)
        refuse_signature(client, SIGNATURE_FAILED);
    else
        exchange_fail(client);
}

static void begin_to_ask(struct client *client)
{
    static const uint8_t list[] = {0, 0, 0, 1, AGENT_REQUEST_IDENTITIES};
    const struct bytes request = client_frame(&client->in);
    client_release(client, &client->held_answer);
    buf_clear(&client->answer);
    /* Nothing of this request was sent: as good as one that has gone stale. */
    const bool quiet = upstream_is_quiet(client->far);
    client->used = client->used || !quiet;
    if (!quiet || !(client->listing ? client_put_out(client, list, sizeof list)
                                    : client_put_out(client, request.data, request.length))) {
        exchange_lost(client);
        return;
    }
    client->state = CLIENT_ASKS;
    /* Also one that fails leaves a mark on the connection (session_bind_attempted there). */
    client->bound = client->bound || client->request.kind == REQUEST_BIND;
    /* For a signature the agent may ask its owner. */
    const bool consent = client->request.kind == REQUEST_SIGN && !client->listing;
    client_set_timer(client, consent ? TIMER_CONSENT : TIMER_HELLO);
}

void exchange_upstream(struct client *client, struct upstream *upstream, bool used)
{
    upstream->client = client;
    client->far = upstream;
    client->used = used;
    begin_to_ask(client);
}

void exchange_no_upstream(struct client *client)
{
    if (client->request.kind == REQUEST_SIGN)
        refuse_signature(client, SIGNATURE_FAILED);
    else
        exchange_fail(client);
}

/* The connection to ask through: the client's own, or a new one. */
static void want(struct client *client)
{
    if (client->far) {
        begin_to_ask(client);
        return;
    }
    struct upstream *spare = upstream_take_spare(client->proxy);
    if (spare) {
        exchange_upstream(client, spare, true);
        return;
    }
    client->state = CLIENT_WAITS;
    client_set_timer(client, TIMER_HELLO);
    upstream_wait(client->proxy, client);
}

/* --- requests ---------------------------------------------------------------------------- */

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
    const bool confirm = client->proxy->session->ssh.confirm;
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
    else if (!proxy_may_sign(client->proxy) || (confirm && !consent_ask(client)))
        refuse_signature(client, SIGNATURE_LIMITED);
    else if (!confirm)
        want(client);
}

void exchange_consented(struct client *client, enum consent consent)
{
    if (consent == CONSENT_YES) {
        client->used = true; /* it has waited with us, and the agent may be another by now */
        want(client);
    } else
        refuse_signature(client, consent == CONSENT_NO ? SIGNATURE_REFUSED : SIGNATURE_UNASKED);
}

void exchange_unanswered(struct client *client)
{
    refuse_signature(client, SIGNATURE_UNANSWERED);
}

void exchange_begin(struct client *client)
{
    frame_request(client_contents(&client->in), &client->request);
    switch (client->request.kind) {
    case REQUEST_REFUSED:
        exchange_fail(client);
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

/* --- the agent's answers ----------------------------------------------------------------- */

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
    client->signature.result =
        client->proxy->session->ssh.confirm ? SIGNATURE_CONFIRMED : SIGNATURE_MADE;
    if (proxy_tell(client->proxy, &client->signature))
        answer(client, client->answer.data, client->answer.length);
    else
        exchange_fail(client);
}

static void list_made(struct client *client)
{
    struct identities *identities = &client->proxy->identities;
    if (identities_take(identities, client_contents(&client->answer)) < 0)
        exchange_lost(client);
    else if (client->listing)
        judge_signature(client, true);
    else
        answer(client, identities->shown.data, identities->shown.length);
}

void exchange_answer(struct client *client)
{
    const enum request_kind asked = client->listing ? REQUEST_LIST : client->request.kind;
    const struct bytes frame = client_contents(&client->answer);
    if (!frame_answers(asked, frame)) {
        exchange_lost(client);
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
