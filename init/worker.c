/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/worker.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "init/landlock.h"
#include "init/privs.h"
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
