/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/gate_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init/inside/talk.h"
#include "init/net/nflog.h"
#include "init/net/pattern.h"
#include "init/net/route.h"
#include "init/processors.h"
#include "init/seccomp.h"
#include "init/signals.h"
#include "init/worker.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

enum {
    BACKLOG = 4096,
    HOSTS_MAX = 64 * 1024,
    FRAMES_A_TURN = 64,
};

/* --- sockets ------------------------------------------------------------------------------ */

/* Exactly loopback: siblings cannot reach it. Without SO_REUSEADDR: with it the agent could
 * bind over a datagram socket. -1 with errno. */
static int bind_loopback(int family, int type, uint16_t port)
{
    struct sockaddr_in v4 = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in6 v6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    const int on = 1;
    bool six = family == AF_INET6;
    cleanup_fd int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (six && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0)
        return -1;
    if (bind(fd, six ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4,
             six ? sizeof v6 : sizeof v4) < 0)
        return -1;
    if (type == SOCK_STREAM && listen(fd, BACKLOG) < 0)
        return -1;
    return take_fd(&fd);
}

static int bind_family(struct gate_worker *worker, size_t which, int family, struct error *err)
{
    const struct {
        int *fd, type;
        uint16_t port;
    } wanted[] = {
        {&worker->sockets.tcp[which], SOCK_STREAM, GATE_PORT},
        {&worker->sockets.dns_udp[which], SOCK_DGRAM, GATE_RESOLVER_PORT},
        {&worker->sockets.dns_tcp[which], SOCK_STREAM, GATE_RESOLVER_PORT},
    };
    for (size_t i = 0; i < array_length(wanted); i++) {
        *wanted[i].fd = bind_loopback(family, wanted[i].type, wanted[i].port);
        if (*wanted[i].fd >= 0)
            continue;
        /* No IPv6 in the kernel, or switched off for this box: then nobody has it. */
        if (family == AF_INET6 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
            return 0;
        return error_errno(err, "cannot bind port %u for the gate%s", wanted[i].port,
                           errno == EACCES ? " (sysctl net.ipv4.ip_unprivileged_port_start=0)"
                                           : "");
    }
    return 0;
}

int gate_worker_bind(struct gate_worker *worker, const struct session *session, uid_t shift,
                     struct error *err)
{
    cleanup_buf struct buf hosts = BUF_INIT(HOSTS_MAX);
    *worker = (struct gate_worker)GATE_WORKER_INIT;
    worker->session = session;
    worker->uid = UID_GATE + shift;
    if (bind_family(worker, 0, AF_INET, err) < 0 || bind_family(worker, 1, AF_INET6, err) < 0 ||
        upstream_take(worker->servers, err) < 0 ||
        (worker->sockets.inside = inside_bind(INSIDE_GATE, err)) < 0 ||
        (worker->sockets.nflog = nflog_open(err)) < 0)
        return -1;
    if (route_names(err) < 0) /* names lead nowhere then, which is no hole */
        warn("%s", err->text);
    if (read_regular_file(AT_FDCWD, "/etc/hosts", &hosts) < 0 && errno != ENOENT)
        return error_errno(err, "cannot read /etc/hosts");
    worker->hosts = buf_take(&hosts);
    return worker->hosts ? 0 : error_errno(err, "cannot keep /etc/hosts");
}

/* --- the gate's process ------------------------------------------------------------------- */

static void carrier_process(struct carried_table *table, int pair, void *context)
{
    const struct gate_worker *worker = context;
    struct error err = ERROR_INIT;
    int *const keep[] = {&pair};
    if (worker_keep(keep, array_length(keep), &err) < 0 ||
        carrier_open(table, pair, &err) < 0 ||
        worker_become(worker->uid, seccomp_enforce_carrier, &err) < 0) {
        warn("a carrier of the gate cannot start: %s", err.text);
        _exit(EXIT_CLAUDEX);
    }
    carrier_run();
}

/* One for each processor besides the gate's own; at least one, because it has descriptors of
 * its own. */
static size_t carriers_wanted(void)
{
    size_t count = processors(CARRIERS_MAX + 1);
    return count > 1 ? count - 1 : 1;
}

static void child(void *context, int control)
{
    static struct gate gate;
    const struct gate_worker *worker = context;
    struct error err = ERROR_INIT;
    struct gate_setup setup = {.sockets = worker->sockets,
                               .control = control,
                               .mode = worker->mode,
                               .session = worker->session,
                               .grants = worker->grants,
                               .servers = worker->servers,
                               .hosts = worker->hosts};
    int *const keep[] = {&setup.control,
                         &setup.sockets.tcp[0],
                         &setup.sockets.tcp[1],
                         &setup.sockets.dns_udp[0],
                         &setup.sockets.dns_udp[1],
                         &setup.sockets.dns_tcp[0],
                         &setup.sockets.dns_tcp[1],
                         &setup.sockets.inside,
                         &setup.sockets.nflog};
    signals_reset();
    (void)signal(SIGPIPE, SIG_IGN); /* splice(2) knows no MSG_NOSIGNAL */
    worker_wipe(worker->secrets);
    worker_raise_descriptors();
    bool kept = worker_keep(keep, array_length(keep), &err) == 0;
    if (kept)
        carriers_fork(&gate.carriers, carriers_wanted(), carrier_process, context);
    if (!kept || gate_prepare(&gate, &setup, &err) < 0 ||
        worker_become(worker->uid, seccomp_enforce_gate, &err) < 0) {
        warn("the gate cannot start: %s", err.text);
        _exit(EXIT_CLAUDEX);
    }
    gate_run(&gate);
}

/* --- PID 1's side ------------------------------------------------------------------------- */

static void frames_ready(void *context, int fd, uint32_t events)
{
    struct gate_worker *worker = context;
    (void)fd;
    for (int i = 0; i < FRAMES_A_TURN; i++) {
        uint8_t bytes[GATE_FRAME_MAX];
        struct gate_frame frame;
        ssize_t n = worker_receive(&worker->process, events, bytes, sizeof bytes);
        if (n < 0)
            worker_let_go(&worker->process);
        if (n <= 0)
            return;
        if (gate_frame_parse(bytes, (size_t)n, &frame) == 0 && worker->said)
            worker->said(worker->said_context, &frame);
    }
}

static int start(struct gate_worker *worker, struct error *err);

static void died(void *context, int status)
{
    struct gate_worker *worker = context;
    struct error err = ERROR_INIT;
    worker->process.pid = 0;
    worker_let_go(&worker->process);
    if (worker->said)
        worker->said(worker->said_context, &(struct gate_frame){.kind = GATE_END});
    if (++worker->deaths > GATE_DEATHS_MAX) {
        warn("the gate died %u times; nothing passes any more until the box is started again",
             worker->deaths);
        return;
    }
    warn("the gate died with status %d; starting another", child_exit_status(status));
    if (start(worker, &err) < 0)
        warn("nothing passes any more: %s", err.text);
}

static int start(struct gate_worker *worker, struct error *err)
{
    static const struct worker_kind kind = {
        .name = "the gate", .child = child, .ready = frames_ready, .died = died};
    return worker_start(&worker->process, &kind, worker, err);
}

int gate_worker_start(struct gate_worker *worker, enum network_mode mode,
                      const struct strings *secrets, struct loop *loop,
                      struct children *children, struct error *err)
{
    worker->mode = mode;
    worker->secrets = secrets;
    worker->process.loop = loop;
    worker->process.children = children;
    return start(worker, err);
}

static void tell(const struct gate_worker *worker, const struct gate_frame *frame)
{
    uint8_t bytes[GATE_FRAME_MAX];
    size_t length = gate_frame_print(frame, bytes);
    if (worker->process.control < 0 || send(worker->process.control, bytes, length,
                                            MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)length)
        return;
    /* One that does not listen is worth nothing, and might still be in a looser mode. */
    warn("the gate does not listen: %s; ending it", strerror(errno));
    if (worker->process.pid > 0)
        (void)kill(worker->process.pid, SIGKILL);
}

void gate_worker_mode(struct gate_worker *worker, enum network_mode mode)
{
    worker->mode = mode;
    tell(worker, &(struct gate_frame){.kind = GATE_MODE, .mode = mode});
}

void gate_worker_sever(struct gate_worker *worker)
{
    tell(worker, &(struct gate_frame){.kind = GATE_SEVER});
}

void gate_worker_grant(struct gate_worker *worker, enum gate_frame_kind kind,
                       const struct grant *grant)
{
    struct gate_frame frame = {.kind = kind, .age = grant->expires};
    _Static_assert((size_t)PATTERN_TEXT_MAX <= sizeof frame.name, "a frame holds a pattern");
    (void)pattern_print(&grant->pattern, frame.name);
    tell(worker, &frame);
}

int gate_worker_list(struct gate_worker *worker, uint32_t tag, uint64_t from)
{
    if (worker->process.control < 0)
        return -1;
    tell(worker, &(struct gate_frame){.kind = GATE_LIST, .tag = tag, .up = from});
    return 0;
}
