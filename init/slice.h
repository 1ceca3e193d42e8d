/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long the scheduler lets PID 1 run at a time, sched(7). Since Linux 6.12 who asks for less
 * than others is let in before them (Documentation/scheduler/sched-eevdf.rst): PID 1 needs the
 * CPU for a moment at a time, and a lock that somebody waits for needs it on every CPU, in
 * turn, however busy the agent keeps them.
 */
#ifndef CLAUDEX_INIT_SLICE_H
#define CLAUDEX_INIT_SLICE_H

enum { SLICE_NS = 100 * 1000 }; /* the shortest there is */

/* For this process alone, what it forks has the usual. An older kernel takes no notice, and
 * where it is refused everything goes on as it was. */
void slice_shorten(void);

#endif
