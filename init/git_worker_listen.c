/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a snapshot is due while the session runs: who asks for one, and the timers. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "init/git_worker.h"
#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"

static void interval_over(void *context, int fd, uint32_t events)
{
    uint64_t times;
    (void)events;
    if (read(fd, &times, sizeof times) == sizeof times)
        git_worker_want(context, "interval");
}

static void set_timer(int fd, time_t first, time_t every)
{
    const struct itimerspec when = {.it_value = {.tv_sec = first},
                                    .it_interval = {.tv_sec = every}};
    (void)timerfd_settime(fd, 0, &when, NULL);
}

static void turn_over(void *context, int fd, uint32_t events)
{
    struct git_worker *worker = context;
    uint64_t times;
    (void)events;
    if (read(fd, &times, sizeof times) != sizeof times)
        return;
    bool wanted = worker->turn_armed;
    worker->turn_armed = false;
    if (!wanted)
        return;
    set_timer(fd, SNAPSHOT_TURN_SECONDS, 0);
    git_worker_want(worker, "turn");
}

/* The agent's finished turn. True if it has to wait for its time. */
static bool too_often(struct git_worker *worker)
{
    struct itimerspec left;
    if (timerfd_gettime(worker->turn, &left) < 0 ||
        (left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0)) {
        set_timer(worker->turn, SNAPSHOT_TURN_SECONDS, 0);
        return false;
    }
    worker->turn_armed = true;
    return true;
}

static void asked(void *context, int fd, uint32_t events)
{
    struct git_worker *worker = context;
    struct ucred who;
    struct sockaddr_un peer;
    socklen_t size = sizeof who, peer_size = sizeof peer;
    (void)events;
    cleanup_fd int client =
        accept4(fd, (struct sockaddr *)&peer, &peer_size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0 || getsockopt(client, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
        return;
    const bool person = who.uid == 0;
    if (!person && too_often(worker)) {
        static const char later[] = "later\n";
        (void)send(client, later, sizeof later - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        return;
    }
    for (size_t i = 0; i < SNAPSHOT_CLIENTS_MAX; i++) {
        if (worker->waiting[i] >= 0)
            continue;
        worker->waiting[i] = take_fd(&client);
        break;
    }
    if (client >= 0 && person) { /* no room: it is told so by the end of the connection */
        warn("too many ask for a snapshot at once");
        return;
    }
    git_worker_want(worker, person ? "asked" : "turn");
}

static int open_socket(struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SNAPSHOT_SOCKET};
    cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (unlink(SNAPSHOT_SOCKET) < 0 && errno != ENOENT)
        return error_errno(err, "cannot remove " SNAPSHOT_SOCKET);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        chmod(SNAPSHOT_SOCKET, 0666) < 0 || listen(fd, SNAPSHOT_CLIENTS_MAX) < 0)
        return error_errno(err, "cannot listen at " SNAPSHOT_SOCKET);
    return take_fd(&fd);
}

int git_worker_listen(struct git_worker *worker, struct loop *loop, struct children *children,
                      struct error *err)
{
    if (!worker->on)
        return 0;
    worker->loop = loop;
    worker->children = children;
    worker->listener = open_socket(err);
    if (worker->listener < 0)
        return -1;
    worker->interval = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    worker->turn = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (worker->interval < 0 || worker->turn < 0 ||
        loop_add(loop, worker->listener, asked, worker) < 0 ||
        loop_add(loop, worker->interval, interval_over, worker) < 0 ||
        loop_add(loop, worker->turn, turn_over, worker) < 0)
        return error_errno(err, "cannot wait for snapshots to be due");
    const time_t every = worker->session->git.interval ? (time_t)worker->session->git.interval
                                                       : SESSION_INTERVAL_DEFAULT;
    set_timer(worker->interval, every, every);
    return 0;
}
