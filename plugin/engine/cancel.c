/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "plugin/engine/engine.h"
#include "plugin/engine/http.h"

/* A flag for those who ask, a pipe for those who wait in poll(2): a signal that arrives between
 * the question and the wait is not lost. */
static volatile sig_atomic_t ever, pending;
static int descriptors[2] = {-1, -1};

int cancel_prepare(struct error *err)
{
    if (descriptors[0] >= 0)
        return 0;
    int made[2];
    if (pipe2(made, O_CLOEXEC | O_NONBLOCK) < 0)
        return error_errno(err, "cannot make a pipe");
    descriptors[0] = made[0];
    descriptors[1] = made[1];
    if (pending)
        engine_cancel(); /* it came before the pipe */
    return 0;
}

void engine_cancel(void)
{
    int number = errno;
    ever = pending = 1;
    /* A full pipe is readable already: nothing is lost when this fails. */
    if (descriptors[1] >= 0 && write(descriptors[1], "", 1) < 0)
        pending = 1;
    errno = number;
}

bool engine_cancelled(void)
{
    return ever;
}

void engine_resume(void)
{
    char drained[64];
    pending = 0;
    while (descriptors[0] >= 0 && read(descriptors[0], drained, sizeof drained) > 0)
        continue;
}

int cancel_descriptor(void)
{
    return descriptors[0];
}

bool cancel_pending(void)
{
    return pending;
}

int cancel_error(struct error *err)
{
    return error_set(err, "cancelled");
}
