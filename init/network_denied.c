/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "init/net/pattern.h"
#include "init/network.h"
#include "shared/cleanup.h"
#include "shared/names.h"

enum { PAGE_MAX = CONTROL_LINE_MAX - 128, ITEM_MAX = 2048 };

static uint64_t now_real(void)
{
    time_t now = time(NULL);
    return now < 0 ? 0 : (uint64_t)now;
}

/* The host as a rule has it; -1 for what no rule is about. */
static int pattern_of(const struct denial *denial, struct host_pattern *pattern)
{
    char text[PATTERN_TEXT_MAX + 8];
    denial_pattern(denial, text);
    return denial_is_of_host(denial) ? parse_host_pattern(text, pattern, NULL) : -1;
}

static int print(const struct network *network, const struct denial *denial, struct buf *out)
{
    struct host_pattern pattern;
    char text[PATTERN_TEXT_MAX];
    const struct grant *grant =
        pattern_of(denial, &pattern) == 0 ? grants_denial(&network->grants, &pattern) : NULL;
    return denial_print(denial, grant ? pattern_print(&grant->pattern, text) : NULL, out);
}

/* --- followers ---------------------------------------------------------------------------- */

/* A reader that is gone is noticed when there is something to say, and here. */
static int free_place(struct network *network)
{
    for (size_t i = 0; i < array_length(network->followers); i++) {
        int *fd = &network->followers[i];
        struct pollfd state = {.fd = *fd};
        if (*fd >= 0 && poll(&state, 1, 0) > 0 && (state.revents & POLLERR))
            close(take_fd(fd));
        if (*fd < 0)
            return (int)i;
    }
    return -1;
}

/* One that does not read loses lines, and nobody waits for it. */
static void tell_followers(struct network *network, const struct denial *denial)
{
    cleanup_buf struct buf line = BUF_INIT(CONTROL_LINE_MAX);
    if (print(network, denial, &line) != 0 || buf_puts(&line, "\n") != 0)
        return;
    for (size_t i = 0; i < array_length(network->followers); i++) {
        int *fd = &network->followers[i];
        /* At most PIPE_BUF bytes: all or none, pipe(7). */
        if (*fd >= 0 && write(*fd, line.data, line.length) < 0 && errno != EAGAIN)
            close(take_fd(fd));
    }
}

static void follow(struct network *network, const struct control_request *request,
                   struct control_reply *reply)
{
    const int place = free_place(network);
    if (place < 0) {
        reply->status = EXIT_CLAUDEX;
        (void)snprintf(reply->text, sizeof reply->text, "%zu follow already",
                       array_length(network->followers));
        return;
    }
    /* The answer goes the same way, and first. */
    network->followers[place] = control_fifo_reply_open(network->asking, request->id);
    if (network->followers[place] >= 0)
        control_fifo_reply_write(network->followers[place], reply);
    reply->status = CONTROL_LATER;
}

void network_unfollow(void *context)
{
    struct network *network = context;
    for (size_t i = 0; i < array_length(network->followers); i++)
        if (network->followers[i] >= 0)
            close(take_fd(&network->followers[i]));
}

/* --- the list ----------------------------------------------------------------------------- */

/* One that cannot be printed would be the last that is ever listed: it is passed over as {}. */
static void list(const struct network *network, uint32_t from, struct control_reply *reply)
{
    cleanup_buf struct buf items = BUF_INIT(PAGE_MAX);
    const struct denied *denied = &network->denied;
    for (size_t i = from; i < denied->count; i++) {
        cleanup_buf struct buf item = BUF_INIT(ITEM_MAX);
        const char *text = print(network, &denied->list[i], &item) == 0 ? item.data : "{}";
        if (items.length + strlen(text) + 2 > PAGE_MAX)
            break;
        (void)buf_printf(&items, "%s%s", items.length ? ", " : "", text);
    }
    (void)snprintf(reply->text, sizeof reply->text, "{\"total\": %zu, \"items\": [%s]}",
                   denied->count, items.data ? items.data : "");
}

bool network_denied_request(struct network *network, const struct control_request *request,
                            struct control_reply *reply)
{
    if (request->word == CONTROL_DENIED)
        list(network, request->number, reply);
    else if (request->word == CONTROL_FOLLOW)
        follow(network, request, reply);
    else
        return false;
    return true;
}

void network_denied_said(struct network *network, const struct gate_frame *frame)
{
    if (frame->kind != GATE_REFUSED && frame->kind != GATE_ASKED)
        return;
    struct denial *denial = denied_note(&network->denied, frame, now_real());
    struct host_pattern pattern;
    const char *some;
    if (!denial)
        return;
    if (denial->first == denial->last && pattern_of(denial, &pattern) == 0)
        denial->denied = grants_configured_denial(network->session, &pattern, &some);
    if (frame->kind == GATE_REFUSED)
        denial_log(denial, frame->via);
    tell_followers(network, denial);
}
