/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/home/login_check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "init/seccomp.h"
#include "init/signals.h"
#include "init/worker.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"

enum { SECONDS_MAX = 2, MEMORY_MAX = 256 << 20 };

_Static_assert(sizeof(struct login_verdict) <= PIPE_BUF, "a verdict is one write");

static int shut_in(uid_t worker, struct error *err)
{
    const struct rlimit time = {SECONDS_MAX, SECONDS_MAX}, memory = {MEMORY_MAX, MEMORY_MAX};
    if (setrlimit(RLIMIT_CPU, &time) < 0 || setrlimit(RLIMIT_AS, &memory) < 0)
        return error_errno(err, "cannot limit a worker");
    return worker_become(worker, seccomp_enforce_parser, err);
}

static void child(uid_t worker, enum login_agent agent, const struct buf *file,
                  const struct buf *state, int answer) __attribute__((noreturn));
static void child(uid_t worker, enum login_agent agent, const struct buf *file,
                  const struct buf *state, int answer)
{
    static struct login_verdict verdict;
    struct error err = ERROR_INIT;
    signals_reset();
    verdict.valid =
        shut_in(worker, &err) == 0 && login_parse(agent, file->data ? file->data : "",
                                                  file->length, &verdict.login, &err) == 0;
    if (verdict.valid && state->length > 0)
        login_parse_state(state->data, state->length, &verdict.login);
    (void)snprintf(verdict.why, sizeof verdict.why, "%s", err.text);
    (void)write_all(answer, &verdict, sizeof verdict);
    _exit(0);
}

int login_check_start(uid_t worker, enum login_agent agent, const struct buf *file,
                      const struct buf *state, pid_t *pid, struct error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return error_errno(err, "cannot make a pipe");
    cleanup_fd int ours = ends[0];
    cleanup_fd int theirs = ends[1];
    *pid = fork();
    if (*pid < 0)
        return error_errno(err, "cannot start a process that looks at a login");
    if (*pid == 0) {
        if (dup2(theirs, STDERR_FILENO + 1) < 0 || close_range(STDERR_FILENO + 2, ~0U, 0) < 0)
            _exit(1);
        child(worker, agent, file, state, STDERR_FILENO + 1);
    }
    return take_fd(&ours);
}

void login_check_read(int fd, struct login_verdict *verdict)
{
    struct login_verdict answer;
    ssize_t length;
    do
        length = read(fd, &answer, sizeof answer);
    while (length < 0 && errno == EINTR);
    *verdict = (struct login_verdict){.why = "the process that looked at it died"};
    if (length != sizeof answer)
        return;
    *verdict = answer;
    /* What comes from there is as little to be trusted as what it looked at. */
    verdict->valid = *(const unsigned char *)&answer.valid == 1;
    verdict->login.account[LOGIN_ACCOUNT_MAX - 1] = '\0';
    verdict->login.details[LOGIN_DETAILS_MAX - 1] = '\0';
    verdict->login.identity[LOGIN_IDENTITY_MAX - 1] = '\0';
    verdict->login.digest[LOGIN_DIGEST_SIZE - 1] = '\0';
    verdict->login.box[0] = '\0'; /* ours to say */
    verdict->why[sizeof verdict->why - 1] = '\0';
    char *const texts[] = {verdict->login.account, verdict->login.details,
                           verdict->login.identity, verdict->login.digest, verdict->why};
    for (size_t i = 0; i < array_length(texts); i++)
        for (char *c = texts[i]; *c; c++)
            if ((unsigned char)*c < ' ')
                *c = '?';
}
