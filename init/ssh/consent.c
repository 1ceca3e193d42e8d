/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signatures that wait until somebody has said yes. PID 1 is asked about one at a time, in the
 * order in which they came; the others of the row wait for their turn.
 */
#include "init/ssh/client.h"
#include "shared/cleanup.h"

static void ask_next(struct proxy *proxy)
{
    struct client *client = proxy->asking.first;
    if (!client || proxy->question_stands)
        return;
    const struct message question = {.kind = MESSAGE_QUESTION,
                                     .number = proxy->question + 1,
                                     .signature = client->signature};
    if (!proxy_send(proxy, &question)) {
        timer_set(&proxy->reactor, &proxy->again, TIMER_TICK);
        return;
    }
    proxy->question++;
    proxy->question_stands = true;
    client_set_timer(client, TIMER_QUESTION);
}

bool consent_ask(struct client *client)
{
    struct proxy *proxy = client->proxy;
    if (proxy->asking.count >= PROXY_QUESTIONS_MAX)
        return false;
    client->state = CLIENT_PARKED;
    client_set_timer(client, TIMER_CONSENT);
    row_add(&proxy->asking, client);
    ask_next(proxy);
    return true;
}

void consent_forget(struct client *client)
{
    struct proxy *proxy = client->proxy;
    if (proxy->question_stands && proxy->asking.first == client) {
        proxy->question_stands = false;
        /* Where it does not arrive, the next question takes this one's place. */
        (void)proxy_send(
            proxy, &(struct message){.kind = MESSAGE_WITHDRAWN, .number = proxy->question});
    }
    row_remove(&proxy->asking, client);
    ask_next(proxy);
}

void consent_again(struct proxy *proxy)
{
    ask_next(proxy);
}

void consent_given(struct proxy *proxy, uint32_t number, enum consent consent)
{
    struct client *client = proxy->asking.first;
    /* What was withdrawn meanwhile may have been answered at the same time. */
    if (!proxy->question_stands || number != proxy->question || !client)
        return;
    proxy->question_stands = false;
    row_remove(&proxy->asking, client);
    client_consented(client, consent);
    ask_next(proxy);
}
