/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The caller's side of the control FIFO (shared/control.h): one request, one reply, in a
 * bounded time.
 */
#ifndef CLAUDEX_SHARED_CONTROL_CALL_H
#define CLAUDEX_SHARED_CONTROL_CALL_H

#include "shared/control.h"
#include "shared/error.h"

/*
 * Sends the request, under an id that this chooses, into the FIFO of the folder, and waits at
 * most `timeout_ms` for the reply. The reply FIFO is gone again afterwards. 0 when there was a
 * reply, whatever it says. Otherwise -1 with *err and errno:
 *
 *     ENOENT     no such folder or FIFO
 *     ENXIO      nobody reads: no box is running on it
 *     EAGAIN     it is full: who reads is stuck
 *     ETIMEDOUT  no reply in time; what was asked may still happen
 *     EINVAL     what lies there is no FIFO of the folder's owner
 */
int control_call(const char *folder, struct control_request *request, int timeout_ms,
                 struct control_reply *reply, struct error *err);

/* The same for CONTROL_FOLLOW and CONTROL_ATTEND: after the reply *follow is where the lines
 * come, the caller's to close; it ends when PID 1 does. */
int control_call_follow(const char *folder, enum control_word word, int timeout_ms,
                        struct control_reply *reply, int *follow, struct error *err);

#endif
