/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `claudex-init ctl WORD…`, through docker exec and as root: the other way to PID 1 where its
 * control FIFO on the host cannot be reached. Prints the reply; the exit status is the reply's.
 */
#ifndef CLAUDEX_INIT_CTL_H
#define CLAUDEX_INIT_CTL_H

/* argv[0] is "ctl". */
int ctl(int argc, char *const *argv);

#endif
