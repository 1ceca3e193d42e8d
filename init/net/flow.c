/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/flow.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIPE_BYTES = 1024 * 1024, COPY_BYTES = 16 * 1024 };

/*
 * Larger is faster, and pipe(7) has a limit for all of a user's together (64 MiB by default),
 * past which new ones hold two pages: so the first few are large, which is enough for whoever
 * fills them, and when many are out they stay as they are born. The gate and its carriers have
 * one user.
 */
static int pipe_size(size_t others)
{
    return others < 5 ? PIPE_BYTES : others < 32 ? PIPE_BYTES / 4 : 0;
}

static int borrow(struct flow *flow, struct pipes *pipes)
{
    if (flow->pipe[0] >= 0)
        return 0;
    if (pipes->count > 0) {
        pipes->count--;
        flow->pipe[0] = pipes->ends[pipes->count][0];
        flow->pipe[1] = pipes->ends[pipes->count][1];
        return 0;
    }
    if (pipe2(flow->pipe, O_CLOEXEC | O_NONBLOCK) < 0)
        return -1;
    int size = pipe_size(pipes->open++);
    if (size > 0)
        (void)fcntl(flow->pipe[0], F_SETPIPE_SZ, size);
    return 0;
}

void flow_end(struct flow *flow, struct pipes *pipes)
{
    if (flow->pipe[0] < 0)
        return;
    if (flow->held == 0 && pipes->count < PIPES_KEPT) {
        pipes->ends[pipes->count][0] = flow->pipe[0];
        pipes->ends[pipes->count][1] = flow->pipe[1];
        pipes->count++;
    } else {
        close(flow->pipe[0]);
        close(flow->pipe[1]);
        pipes->open--;
    }
    flow->pipe[0] = flow->pipe[1] = -1;
}

/* The source gave no bytes. 0 or -1, as fill(). */
static int nothing_came(struct flow *flow, struct end *from, ssize_t n)
{
    if (n == 0) {
        flow->ended = true;
        return 0;
    }
    if (errno == EAGAIN)
        from->readable = false;
    return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

/* Source to pipe. 1 something came, 0 not now, -1 the source is broken. The pipe is empty, so
 * EAGAIN can only mean the source. */
static int fill(struct flow *flow, struct end *from)
{
    size_t most = flow->limit < PIPE_BYTES ? (size_t)flow->limit : PIPE_BYTES;
    ssize_t n =
        splice(from->fd, NULL, flow->pipe[1], NULL, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (n > 0) {
        flow->held = (size_t)n;
        flow->limit -= (size_t)n;
        return 1;
    }
    return nothing_came(flow, from, n);
}

static int drain(struct flow *flow, struct end *to)
{
    ssize_t n = splice(flow->pipe[0], NULL, to->fd, NULL, flow->held,
                       SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (n > 0) {
        flow->held -= (size_t)n;
        flow->bytes += (uint64_t)n;
        return 1;
    }
    if (n < 0 && errno == EAGAIN)
        to->writable = false;
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

/* Without a pipe: from the source only what the target took, so that nothing has to be held.
 * As fill(). */
static int copy(struct flow *flow, struct end *from, struct end *to)
{
    char bytes[COPY_BYTES];
    size_t most = flow->limit < sizeof bytes ? (size_t)flow->limit : sizeof bytes;
    ssize_t n = recv(from->fd, bytes, most, MSG_PEEK | MSG_DONTWAIT);
    if (n <= 0)
        return nothing_came(flow, from, n);
    ssize_t sent = send(to->fd, bytes, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN)
        to->writable = false;
    if (sent < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    flow->bytes += (uint64_t)sent;
    flow->limit -= (uint64_t)sent;
    return recv(from->fd, bytes, (size_t)sent, MSG_DONTWAIT) == sent ? 1 : -1;
}

static enum flow_state finish(struct flow *flow, struct end *to)
{
    if (!flow->shut && shutdown(to->fd, SHUT_WR) < 0 && errno != ENOTCONN)
        return FLOW_BROKEN;
    flow->shut = true;
    return FLOW_DONE;
}

enum flow_state flow_move(struct flow *flow, struct end *from, struct end *to,
                          struct pipes *pipes)
{
    uint64_t until = flow->bytes + FLOW_BUDGET;
    while (flow->bytes < until) {
        int moved = 0;
        if (flow->held > 0) {
            if (!to->writable)
                return FLOW_WAITS;
            moved = drain(flow, to);
        } else if (flow->ended) {
            flow_end(flow, pipes);
            return finish(flow, to);
        } else if (from->readable && flow->limit > 0) {
            if (borrow(flow, pipes) == 0)
                moved = fill(flow, from);
            else if (to->writable)
                moved = copy(flow, from, to);
            else
                return FLOW_WAITS;
        } else {
            flow_end(flow, pipes);
            return FLOW_WAITS;
        }
        if (moved < 0)
            return FLOW_BROKEN;
    }
    return FLOW_GOES_ON;
}
