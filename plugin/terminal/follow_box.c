/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "plugin/exec.h"
#include "plugin/hold.h"
#include "plugin/terminal/follow.h"
#include "shared/cleanup.h"
#include "shared/control.h"

/* Signals are let in only while we wait, so that none comes between the question whether we are
 * cancelled and the wait. */
static bool await(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    sigset_t before;
    signals_hold(&before);
    if (!engine_cancelled())
        (void)ppoll(&ready, 1, NULL, &before);
    signals_release(&before);
    return !engine_cancelled();
}

static void here(int fd, struct follow *follow)
{
    while (await(fd)) {
        char bytes[CONTROL_LINE_MAX];
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n <= 0 || follow_feed(follow, bytes, (size_t)n) < 0)
            return;
    }
}

struct far {
    struct follow *follow;
    bool ended;
};

static int take(void *data, const char *bytes, size_t length, struct error *err)
{
    struct far *far = data;
    if (follow_feed(far->follow, bytes, length) == 0)
        return 0;
    far->ended = true;
    return error_set(err, "ended");
}

/* In the box it ends by itself after a minute, for it would not hear of our end. */
static int there(struct invocation *invocation, const struct box *box, struct follow *follow,
                 struct error *err)
{
    static const char *const words[] = {"follow", NULL};
    struct far far = {.follow = follow};
    struct engine *engine = invocation_engine(invocation, err);
    if (!engine)
        return -1;
    for (;;) {
        cleanup_buf struct buf complaints = BUF_INIT(4096);
        const struct exec exec = {
            .engine = engine, .box = box->id, .command = words, .ctl = true};
        const struct exec_pipes pipes = {
            .sink = take, .sink_data = &far, .complaints = &complaints};
        int status = exec_piped(&exec, &pipes, err);
        if (status != 0 || engine_cancelled())
            return far.ended || engine_cancelled() ? 0 : -1;
    }
}

int follow_box(struct invocation *invocation, const struct box *box, struct follow *follow,
               struct error *err)
{
    const struct endpoint *endpoint = invocation_endpoint(invocation, err);
    if (!endpoint)
        return -1;
    cleanup_fd int fd =
        endpoint_is_local(endpoint) ? follow_open(box->name, CONTROL_FOLLOW) : -1;
    if (fd < 0)
        return there(invocation, box, follow, err);
    here(fd, follow);
    return 0;
}
