/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init/landlock.h"
#include "init/privs.h"
#include "shared/cleanup.h"
#include "shared/session.h"

enum { FIRST_FREE_FD = STDERR_FILENO + 1 };

int worker_keep(int *const *descriptors, size_t count, struct error *err)
{
    int high = FIRST_FREE_FD + (int)count;
    /* Out of the way first, then down into a row without gaps. */
    for (size_t i = 0; i < count; i++)
        if (*descriptors[i] >= 0 &&
            (*descriptors[i] = fcntl(*descriptors[i], F_DUPFD_CLOEXEC, high)) < 0)
            return error_errno(err, "cannot move a worker's descriptors");
    int next = FIRST_FREE_FD;
    for (size_t i = 0; i < count; i++) {
        if (*descriptors[i] < 0)
            continue;
        if (dup3(*descriptors[i], next, O_CLOEXEC) < 0)
            return error_errno(err, "cannot move a worker's descriptors");
        *descriptors[i] = next++;
    }
    return close_range((unsigned)next, ~0U, 0) < 0
               ? error_errno(err, "cannot close PID 1's descriptors in a worker")
               : 0;
}

int worker_start(struct worker_process *process, const struct worker_kind *kind, void *context,
                 struct error *err)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
        return error_errno(err, "cannot make a socket pair for %s", kind->name);
    cleanup_fd int ours = ends[0];
    cleanup_fd int theirs = ends[1];
    pid_t pid = fork();
    if (pid < 0)
        return error_errno(err, "cannot start a process for %s", kind->name);
    if (pid == 0) {
        kind->child(context, theirs);
        _exit(0);
    }
    process->pid = pid;
    if (children_add(process->children, pid, kind->died, context) < 0 ||
        loop_add(process->loop, ours, kind->ready, context) < 0)
        return error_errno(err, "cannot look after %s", kind->name);
    process->control = take_fd(&ours);
    return 0;
}

ssize_t worker_receive(const struct worker_process *process, uint32_t events, void *bytes,
                       size_t size)
{
    ssize_t n = recv(process->control, bytes, size, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) ||
        (n < 0 && (events & EPOLLHUP)))
        return -1;
    return n < 0 ? 0 : n;
}

void worker_let_go(struct worker_process *process)
{
    if (process->control < 0)
        return;
    loop_remove(process->loop, process->control);
    close(take_fd(&process->control));
}

void worker_wipe(const struct strings *secrets)
{
    for (size_t i = 0; i < secrets->count; i++)
        explicit_bzero(secrets->items[i], strlen(secrets->items[i]));
}

void worker_raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* fewer connections, then */
    }
}

int worker_become(uid_t uid, int (*filter)(struct error *), struct error *err)
{
    if (privs_become(uid, uid, err) < 0)
        return -1;
    /* An empty table: no file can be opened any more. */
    int nothing = landlock_nothing(err);
    if (nothing < 0 && *err->text)
        return -1;
    if (nothing >= 0 && landlock_enforce(nothing, err) < 0)
        return -1;
    if (nothing >= 0)
        close(nothing);
    return filter(err) < 0 ? -1 : privs_verify(uid, uid, err);
}
