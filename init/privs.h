/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Privileges, capabilities(7): what PID 1 needs and when it lets go of it, and how the agent
 * comes to have none.
 */
#ifndef CLAUDEX_INIT_PRIVS_H
#define CLAUDEX_INIT_PRIVS_H

#include <sys/types.h>

#include "shared/error.h"

/* Refuses to go on without a capability of shared/capabilities, naming every missing one, what
 * it is for and the remedy. */
int privs_check(struct error *err);

/* Forbids this process and all after it to gain privileges by exec, and hides its memory and
 * /proc entries from everybody without CAP_SYS_PTRACE. */
int privs_harden(struct error *err);

/* PID 1, once the session runs: drops what the table does not mark as kept, for good. */
int privs_keep(struct error *err);

/* One more, for good, out of the bounding set too. */
int privs_give_up(int capability, struct error *err);

/* For good: no capability in any set, not even the bounding one, no supplementary group, and
 * the uid and gid of the agent. */
int privs_become(uid_t uid, gid_t gid, struct error *err);

/* The same, but to files it is the other uid and gid from then on (setfsuid(2)), until the
 * thread asks for its own. */
int privs_become_for_files(uid_t uid, gid_t gid, uid_t file_uid, gid_t file_gid,
                           struct error *err);

/* Asks the kernel whether the above is so, no_new_privs and a seccomp filter included. */
int privs_verify(uid_t uid, gid_t gid, struct error *err);

/*
 * While `uid` is not 0, files are reached as that uid and gid, PID 1 itself staying root with
 * all it has (setfsuid(2)); 0, 0 ends it. There is no CAP_DAC_OVERRIDE here: files of others
 * are reached by becoming them.
 */
int privs_files_as(uid_t uid, gid_t gid, struct error *err);

/*
 * The same, and the peer of a unix socket that is connected now sees that uid and gid, too
 * (SO_PEERCRED has the effective ones): for as long as one connect(2) takes. Anybody's signals
 * are as little ours as before, for these go by the real and saved ids. 0, or -1 with errno.
 */
int privs_peer_as(uid_t uid, gid_t gid);

#endif
