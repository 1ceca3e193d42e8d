/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/child.h"

#include <errno.h>
#include <stddef.h>
#include <sys/wait.h>

#include "shared/cleanup.h"
#include "shared/names.h"

static struct child *find(struct children *children, pid_t pid)
{
    for (size_t i = 0; i < array_length(children->known); i++)
        if (children->known[i].pid == pid)
            return &children->known[i];
    return NULL;
}

int children_add(struct children *children, pid_t pid, child_ended *ended, void *context)
{
    struct child *child = find(children, 0);
    if (!child) {
        errno = ENOSPC;
        return -1;
    }
    *child = (struct child){.pid = pid, .ended = ended, .context = context};
    return 0;
}

void children_reap(struct children *children)
{
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid <= 0) /* 0: the rest live; ECHILD: there is no rest */
            return;
        struct child *child = find(children, pid);
        if (!child)
            continue;
        child->pid = 0; /* first: `ended` may start a successor in this place */
        child->ended(child->context, status);
    }
}

int child_exit_status(int status)
{
    return WIFSIGNALED(status) ? EXIT_SIGNAL_BASE + WTERMSIG(status) : WEXITSTATUS(status);
}
