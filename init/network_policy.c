/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "init/net/pattern.h"
#include "init/network.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

enum {
    PAGE_MAX = CONTROL_LINE_MAX - 128, /* beside id, status and what surrounds the items */
    ITEM_MAX = PATTERN_TEXT_MAX + 128,
};

/* --- allow, deny, forget ------------------------------------------------------------------ */

static void say(struct control_reply *reply, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void say(struct control_reply *reply, const char *fmt, ...)
{
    size_t used = strlen(reply->text);
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(reply->text + used, sizeof reply->text - used, fmt, args);
    va_end(args);
}

static void set_timer(const struct network *network)
{
    const struct itimerspec next = {
        .it_value.tv_sec = (time_t)grants_next(&network->grants)}; /* 0 disarms it */
    if (timerfd_settime(network->timer, TFD_TIMER_ABSTIME, &next, NULL) < 0)
        warn("cannot wait for what expires: %s", strerror(errno)); /* the gate knows, too */
}

/* As people write it: "90s", "10m", "2h". */
static const char *duration(uint32_t seconds, char text[16])
{
    static const struct {
        uint32_t seconds;
        char letter;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    size_t i = 0;
    while (seconds % units[i].seconds != 0)
        i++;
    (void)snprintf(text, 16, "%u%c", seconds / units[i].seconds, units[i].letter);
    return text;
}

/* What keeps an allow from doing what is expected of it, if anything does. */
static void add_but(const struct network *network, const struct host_pattern *pattern,
                    struct control_reply *reply)
{
    const char *some;
    (void)grants_configured_denial(network->session, pattern, &some);
    if (some)
        say(reply, "; but %s stays denied by the configuration", some);
    if (strcmp(pattern->name, HOST_OF_BOX) == 0 && !session_allows_host(network->session))
        say(reply, "; but a box is told where its host is when it starts, if its configuration "
                   "allows something there: add --save, and start it anew");
    switch (network->state.mode) {
    case NETWORK_OPEN:
        say(reply, "; the mode is open, in which everything is");
        break;
    case NETWORK_ALLOWLIST:
        break;
    case NETWORK_API:
        say(reply, "; but not in the mode api, which it is in: docker claudex network "
                   "allowlist");
        break;
    case NETWORK_LOCKDOWN:
    case NETWORK_SEALED:
        say(reply, "; but not while it is locked: docker claudex lockdown off");
        break;
    }
}

static int may_allow(const struct network *network, const struct host_pattern *pattern,
                     const char *text, struct error *err)
{
    const char *some, *configured = grants_configured_denial(network->session, pattern, &some);
    const struct grant *by_hand = grants_denial(&network->grants, pattern);
    char wider[PATTERN_TEXT_MAX];
    if (configured)
        return error_set(err,
                         "%s is denied by the configuration (deny = %s), and a deny there is "
                         "final: change it there",
                         text, configured);
    if (by_hand && !pattern_equal(&by_hand->pattern, pattern))
        return error_set(err,
                         "%s is denied by hand, with all of %s; to take that back: docker "
                         "claudex deny --undo '%s'",
                         text, pattern_print(&by_hand->pattern, wider), wider);
    return 0;
}

static int keep(struct network *network, const struct grants *before, struct error *err)
{
    if (grants_save(BOX_STATE_DIR, &network->grants, err) == 0)
        return 0;
    if (before)
        network->grants = *before;
    return -1;
}

static int allow(struct network *network, const struct grant *grant, const char *text,
                 struct error *err)
{
    const struct grants before = network->grants;
    if (may_allow(network, &grant->pattern, text, err) < 0)
        return -1;
    if (grants_put(&network->grants, grant) < 0)
        return error_set(err,
                         "%d hosts are allowed or denied by hand already; put them into the "
                         "configuration",
                         GRANTS_MAX);
    if (keep(network, &before, err) < 0)
        return -1;
    gate_worker_grant(network->gate, GATE_ALLOW, grant);
    denied_answer(&network->denied, &grant->pattern);
    return 0;
}

/* The gate first: if it cannot be kept, the box is tighter than it would start again. */
static int deny(struct network *network, const struct grant *grant, struct error *err)
{
    if (grants_put(&network->grants, grant) < 0)
        return error_set(err,
                         "%d hosts are allowed or denied by hand already; put them into "
                         "the configuration",
                         GRANTS_MAX);
    gate_worker_grant(network->gate, GATE_DENY, grant);
    if (keep(network, NULL, err) < 0)
        return error_prefix(err, "denied now, but a restart would not know");
    return 0;
}

static int forget(struct network *network, const struct grant *grant, const char *text,
                  struct error *err)
{
    const struct grants before = network->grants;
    if (!grants_forget(&network->grants, &grant->pattern))
        return error_set(err,
                         "%s is neither allowed nor denied by hand; see: docker claudex "
                         "network",
                         text);
    if (keep(network, &before, err) < 0)
        return -1;
    gate_worker_grant(network->gate, GATE_FORGET, grant);
    return 0;
}

/* What was said of it by hand before, if it was the contrary; "" for nothing. */
static const char *contrary(const struct grants *grants, const struct grant *grant)
{
    for (size_t i = 0; i < grants->count; i++)
        if (pattern_equal(&grants->list[i].pattern, &grant->pattern) &&
            grants->list[i].action != grant->action)
            return grant->action == POLICY_ALLOW ? ", in place of the deny by hand"
                                                 : ", in place of the allow by hand";
    return "";
}

static void change(struct network *network, const struct control_request *request,
                   struct control_reply *reply)
{
    struct error err = ERROR_INIT;
    struct grant grant = {.action =
                              request->word == CONTROL_ALLOW ? POLICY_ALLOW : POLICY_DENY};
    char text[PATTERN_TEXT_MAX], how_long[16];
    const char *before = "";
    const struct grants_now now = grants_clock();
    int done = -1;
    if (parse_host_pattern(request->pattern, &grant.pattern, NULL) < 0) {
        (void)error_set(&err, "not a host");
    } else if (!network->gate) {
        (void)error_set(&err, "the box is in the host's network, where nothing is allowed or "
                              "denied by name");
    } else {
        (void)pattern_print(&grant.pattern, text);
        grant.since = now.real;
        grant.expires = request->number ? now.boot + request->number : 0;
        before = contrary(&network->grants, &grant);
        done = request->word == CONTROL_ALLOW  ? allow(network, &grant, text, &err)
               : request->word == CONTROL_DENY ? deny(network, &grant, &err)
                                               : forget(network, &grant, text, &err);
        set_timer(network);
    }
    if (done < 0) {
        reply->status = err.status;
        say(reply, "%s", err.text);
        return;
    }
    if (request->word == CONTROL_FORGET)
        say(reply, "%s is as the configuration has it", text);
    else
        say(reply, "%s is %s %s%s%s", text,
            request->word == CONTROL_ALLOW ? "allowed" : "denied",
            request->number ? "for " : "from now on",
            request->number ? duration(request->number, how_long) : "", before);
    if (request->word == CONTROL_ALLOW)
        add_but(network, &grant.pattern, reply);
    else if (request->word == CONTROL_DENY && network->state.mode == NETWORK_OPEN)
        say(reply,
            "; but not in the mode open, which it is in: docker claudex network allowlist");
}

static void expired(void *context, int fd, uint32_t events)
{
    struct network *network = context;
    struct error err = ERROR_INIT;
    struct grant gone;
    uint64_t ignored;
    bool any = false;
    (void)events;
    if (read(fd, &ignored, sizeof ignored) < 0)
        return;
    while (grants_expire(&network->grants, grants_clock().boot, &gone)) {
        gate_worker_grant(network->gate, GATE_FORGET, &gone);
        any = true;
    }
    /* What is on the disk expires by itself. */
    if (any && keep(network, NULL, &err) < 0)
        warn("%s", err.text);
    set_timer(network);
}

/* --- pages -------------------------------------------------------------------------------- */

static void page(struct control_reply *reply, uint64_t total, const struct buf *items)
{
    reply->status = 0;
    say(reply, "{\"total\": %llu, \"items\": [%s]}", (unsigned long long)total,
        items->data ? items->data : "");
}

static void list_grants(const struct network *network, uint32_t from,
                        struct control_reply *reply)
{
    cleanup_buf struct buf items = BUF_INIT(PAGE_MAX);
    const struct grants_now now = grants_clock();
    for (size_t i = from; i < network->grants.count && items.length + ITEM_MAX < PAGE_MAX;
         i++) {
        const struct grant *grant = &network->grants.list[i];
        char text[PATTERN_TEXT_MAX];
        uint64_t left = grant->expires > now.boot ? grant->expires - now.boot : 0;
        (void)buf_printf(&items,
                         "%s{\"action\": \"%s\", \"pattern\": \"%s\", \"since\": %llu, "
                         "\"left\": %llu}",
                         items.length ? ", " : "",
                         grant->action == POLICY_ALLOW ? "allow" : "deny",
                         pattern_print(&grant->pattern, text), (unsigned long long)grant->since,
                         (unsigned long long)left);
    }
    page(reply, network->grants.count, &items);
}

static void done(struct network_list *list, uint64_t total)
{
    struct control_reply reply = {.status = 0};
    memcpy(reply.id, list->id, sizeof reply.id);
    page(&reply, total, &list->items);
    control_fifo_answer(list->fifo, &reply);
    list->fifo = NULL;
    buf_free(&list->items);
}

/* The gate answers when it comes to it: PID 1 waits for nobody. */
static void list_connections(struct network *network, const struct control_request *request,
                             struct control_reply *reply)
{
    const uint64_t now = grants_clock().boot;
    struct network_list *list = NULL;
    if (!network->gate) {
        page(reply, 0, &(struct buf)BUF_INIT(0));
        return;
    }
    for (size_t i = 0; i < array_length(network->lists); i++)
        if (!network->lists[i].fifo || now - network->lists[i].since > NETWORK_LIST_SECONDS)
            list = &network->lists[i];
    if (++network->tag == 0) /* which is nobody's */
        network->tag = 1;
    if (!list || gate_worker_list(network->gate, network->tag, request->number) < 0) {
        reply->status = EXIT_CLAUDEX;
        say(reply, "%s",
            list ? "the gate does not run: nothing is connected"
                 : "too many ask for the connections at once");
        return;
    }
    buf_free(&list->items);
    *list = (struct network_list){.fifo = network->asking,
                                  .tag = network->tag,
                                  .since = now,
                                  .items = BUF_INIT(PAGE_MAX)};
    memcpy(list->id, request->id, sizeof list->id);
    reply->status = CONTROL_LATER;
}

static void add_connection(struct network_list *list, const struct gate_frame *frame)
{
    if (list->items.length + ITEM_MAX >= PAGE_MAX)
        return;
    (void)buf_printf(&list->items,
                     "%s{\"name\": \"%s\", \"port\": %u, \"up\": %llu, \"down\": %llu, "
                     "\"age\": %llu}",
                     list->items.length ? ", " : "", frame->name, frame->port,
                     (unsigned long long)frame->up, (unsigned long long)frame->down,
                     (unsigned long long)frame->age);
}

void network_gate_said(void *context, const struct gate_frame *frame)
{
    struct network *network = context;
    network_denied_said(network, frame);
    for (size_t i = 0; i < array_length(network->lists); i++) {
        struct network_list *list = &network->lists[i];
        if (!list->fifo || (frame->tag != 0 && frame->tag != list->tag))
            continue;
        if (frame->kind == GATE_CONNECTION)
            add_connection(list, frame);
        else if (frame->kind == GATE_END)
            done(list, frame->up);
    }
}

/* --- its life ----------------------------------------------------------------------------- */

bool network_policy_request(struct network *network, const struct control_request *request,
                            struct control_reply *reply)
{
    switch (request->word) {
    case CONTROL_ALLOW:
    case CONTROL_DENY:
    case CONTROL_FORGET:
        change(network, request, reply);
        return true;
    case CONTROL_GRANTS:
        list_grants(network, request->number, reply);
        return true;
    case CONTROL_CONNECTIONS:
        list_connections(network, request, reply);
        return true;
    default:
        return false;
    }
}

/* What was loosened by hand outlives the box, and who starts another shall know. */
static void tell_kept(const struct grants *grants)
{
    size_t allowed = 0;
    for (size_t i = 0; i < grants->count; i++)
        allowed += grants->list[i].action == POLICY_ALLOW;
    if (allowed > 0)
        info("%zu host%s allowed by hand before; to see: docker claudex network", allowed,
             allowed == 1 ? " was" : "s were");
}

int network_policy_boot(struct network *network, struct error *err)
{
    if (grants_load(BOX_STATE_DIR, &network->grants, err) < 0)
        return -1;
    tell_kept(&network->grants);
    return 0;
}

int network_policy_listen(struct network *network, struct loop *loop, struct error *err)
{
    network->timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (network->timer < 0 || loop_add(loop, network->timer, expired, network) < 0)
        return error_errno(err, "cannot wait for what expires");
    set_timer(network);
    return 0;
}
