/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `claudex-init snapshot`: asks PID 1 for a snapshot and waits for what came of it. Anybody in
 * the box may; the agents' hooks do, when a turn is over.
 */
#ifndef CLAUDEX_INIT_ASK_SNAPSHOT_H
#define CLAUDEX_INIT_ASK_SNAPSHOT_H

/*
 * argv[0] is "snapshot". Prints "made NAME ID" or "same NAME ID" for each project, "later"
 * where the agent asked a moment ago. 0, or 125 where no snapshot was taken. With --quiet, for
 * hooks: prints nothing, and always 0, for an agent takes another status for an
 * order.
 */
int ask_snapshot(int argc, char **argv);

struct error;
/* The same for others: 0 once it is taken, or there was nothing new, else -1. */
int ask_snapshot_now(struct error *err);

#endif
