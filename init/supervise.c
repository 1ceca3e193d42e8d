/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/supervise.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "init/signals.h"
#include "shared/log.h"

/* The last guest left; others may have come meanwhile. */
static void guests_left(void *context)
{
    struct supervisor *s = context;
    if (guests_wait(&s->guests, &s->loop, guests_left, s) == 0)
        loop_end(&s->loop);
}

static void session_ended(void *context, int status)
{
    struct supervisor *s = context;
    s->session = 0;
    s->status = child_exit_status(status);
    if (s->ended)
        s->ended(s->ended_context);
    int count = guests_wait(&s->guests, &s->loop, guests_left, s);
    if (count == 0)
        loop_end(&s->loop);
    else
        info("the session ended with status %d; waiting for %d other%s in this box", s->status,
             count, count == 1 ? "" : "s");
}

static void forward(struct supervisor *s, int number)
{
    if (s->session == 0) {
        if (signal_ends(number))
            loop_end(&s->loop);
        return;
    }
    /* Its group is the leader and what a script of it waits for; jobs of a shell have groups
     * of their own, which the shell looks after. */
    if (kill(-s->session, number) < 0 && errno != ESRCH) /* ESRCH: dead, not reaped yet */
        warn("cannot pass signal %d on to the session: %s", number, strerror(errno));
    if (signal_ends(number)) /* a stopped one could not obey */
        (void)kill(-s->session, SIGCONT);
}

static void signals_ready(void *context, int fd, uint32_t events)
{
    (void)events;
    struct supervisor *s = context;
    struct signalfd_siginfo info;
    while (read(fd, &info, sizeof info) == sizeof info) {
        switch (signal_judge(&info)) {
        case SIGNAL_REAP:
            children_reap(&s->children);
            break;
        case SIGNAL_FORWARD:
            forward(s, (int)info.ssi_signo);
            break;
        case SIGNAL_IGNORE:
            break;
        }
    }
}

int supervise_prepare(struct supervisor *supervisor, int signals, struct error *err)
{
    *supervisor = (struct supervisor){.guests = GUESTS_INIT};
    if (loop_open(&supervisor->loop, err) < 0)
        return -1;
    if (loop_add(&supervisor->loop, signals, signals_ready, supervisor) < 0)
        return error_errno(err, "cannot wait for signals");
    return 0;
}

int supervise(struct supervisor *supervisor, pid_t session)
{
    supervisor->session = session;
    /* The table is empty, so there is a place. */
    (void)children_add(&supervisor->children, session, session_ended, supervisor);
    /* Whoever waited before the session read signals, too: a worker that died meanwhile sends
     * no other. */
    children_reap(&supervisor->children);
    loop_run(&supervisor->loop);
    return supervisor->status;
}
