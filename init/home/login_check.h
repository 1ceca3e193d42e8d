/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking at a login that an agent may have written: in a process of its own that can do
 * nothing but parse and answer, because PID 1 parses no stranger's bytes.
 */
#ifndef CLAUDEX_INIT_HOME_LOGIN_CHECK_H
#define CLAUDEX_INIT_HOME_LOGIN_CHECK_H

#include <stdbool.h>
#include <sys/types.h>

#include "shared/error.h"
#include "shared/login.h"

struct buf;

struct login_verdict { /* shorter than PIPE_BUF, so that it comes whole */
    bool valid;
    struct login login;
    char why[256]; /* it is not; fit for a terminal */
};

/* Starts one on the bytes of the file and of the state (may be empty) as `worker`. Returns the
 * descriptor that the verdict will come from, the caller's, or -1; *pid is to be reaped. */
int login_check_start(uid_t worker, enum login_agent agent, const struct buf *file,
                      const struct buf *state, pid_t *pid, struct error *err);

/* Once the descriptor is readable. A process that died says that the login is not valid. */
void login_check_read(int fd, struct login_verdict *verdict);

#endif
