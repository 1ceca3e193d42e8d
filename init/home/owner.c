/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/home/owner.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "shared/cleanup.h"
#include "shared/log.h"
#include "shared/names.h"
#include "shared/session.h"

static int check_owner(const struct owned_mount *mount, struct error *err)
{
    if (mount->uid == 0)
        return error_set(err,
                         "%s belongs to root, and the agent must not be root; start the box as "
                         "root on a local engine, so that the folder can be mapped to the "
                         "agent's user, or give it to a user: chown -R %d:%d FOLDER",
                         quoted(mount->destination), UID_AGENT_DEFAULT, UID_AGENT_DEFAULT);
    if (mount->uid == UID_OVERFLOW)
        return error_set(
            err,
            "%s belongs to uid %d, which stands for a user that this box cannot "
            "see (a user namespace, or `nobody`); give the folder to a user of the "
            "host: chown -R %d:%d FOLDER",
            quoted(mount->destination), UID_OVERFLOW, UID_AGENT_DEFAULT, UID_AGENT_DEFAULT);
    return 0;
}

int owner_decide(const struct owned_mount *mounts, size_t count, struct agent *agent,
                 struct error *err)
{
    const struct owned_mount *first = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct owned_mount *mount = &mounts[i];
        if (mount->read_only)
            continue;
        if (check_owner(mount, err) < 0)
            return -1;
        if (!first)
            first = mount;
        if (mount->uid != first->uid)
            return error_set(err,
                             "%s belongs to uid %u and %s to uid %u; the agent can be one user "
                             "only: give both to the same, or mount one of them read-only "
                             "(DIR:ro)",
                             quoted(first->destination), (unsigned)first->uid,
                             quoted(mount->destination), (unsigned)mount->uid);
    }
    agent->uid = first ? first->uid : UID_AGENT_DEFAULT;
    bool own_group = first && first->gid != 0 && first->gid != UID_OVERFLOW;
    agent->gid = own_group ? first->gid : agent->uid;
    return 0;
}

static bool is_worker(uid_t uid, uid_t shift)
{
    return uid >= UID_WORKER_FIRST + shift && uid <= UID_WORKER_LAST + shift;
}

uid_t worker_uid_shift(const struct owned_mount *mounts, size_t count,
                       const struct agent *agent)
{
    const uid_t step = UID_WORKER_LAST - UID_WORKER_FIRST + 1;
    /* Each owner can spoil one block at most, so this ends, long before the uids do. */
    for (uid_t shift = 0;; shift += step) {
        bool taken = is_worker(agent->uid, shift) || is_worker(agent->gid, shift) ||
                     is_worker(UID_OVERFLOW, shift);
        for (size_t i = 0; i < count && !taken; i++)
            taken = is_worker(mounts[i].uid, shift) || is_worker(mounts[i].gid, shift);
        if (!taken)
            return shift;
    }
}

int owner_find(const struct session *session, struct agent *agent, uid_t *shift,
               struct error *err)
{
    const size_t count = session->box.mount_count;
    cleanup_free struct owned_mount *mounts = calloc(count + 1, sizeof *mounts);
    if (!mounts)
        return error_errno(err, "cannot look at the projects' owners");
    for (size_t i = 0; i < count; i++) {
        const struct mount *mount = &session->box.mounts[i];
        struct stat st;
        if (stat(mount->destination, &st) < 0)
            return error_errno(err, "cannot look at %s", quoted(mount->destination));
        mounts[i] = (struct owned_mount){.destination = mount->destination,
                                         .uid = st.st_uid,
                                         .gid = st.st_gid,
                                         .read_only = mount->read_only};
    }
    *shift = 0;
    if (owner_decide(mounts, count, agent, err) < 0)
        return -1;
    *shift = worker_uid_shift(mounts, count, agent);
    return 0;
}
