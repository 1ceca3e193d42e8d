/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `claudex-init trail`: the audit trail read and gone back to, from outside: through `docker
 * exec` in a box that runs, or as the only process of a container without a network.
 *
 *     trail log [--count N]                 JSON: [snapshot…], newest first
 *     trail diff [--list|--stat] WORD…      a patch, or JSON: [change…]
 *     trail restore [--apply] [--to SNAP] [PATH…]
 *                                           JSON: {"from", "to", "changes", "failures"}
 *
 * WORD is a snapshot (init/git/history.h), one or two, then paths; "--" ends the snapshots.
 * What each answers is stable: docker-claudex reads it.
 */
#ifndef CLAUDEX_INIT_TRAIL_H
#define CLAUDEX_INIT_TRAIL_H

/* argv[0] is "trail". Returns the exit status. */
int trail(int argc, char **argv);

#endif
