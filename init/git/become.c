/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/become.h"

#include <sys/prctl.h>

#include "init/privs.h"
#include "init/seccomp.h"

int become_git_worker(uid_t worker, uid_t agent, gid_t agent_group, struct error *err)
{
    if (privs_become_for_files(worker, worker, agent, agent_group, err) < 0)
        return -1;
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return error_errno(err, "cannot hide the git worker's memory");
    return seccomp_enforce_git(err) < 0 ? -1 : privs_verify(worker, worker, err);
}
