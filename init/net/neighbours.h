/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that wait for a neighbour's address have passed all rules already, and would leave
 * when it answers, up to three seconds later.
 */
#ifndef CLAUDEX_INIT_NET_NEIGHBOURS_H
#define CLAUDEX_INIT_NET_NEIGHBOURS_H

#include "shared/error.h"

/* Has the kernel forget the neighbours that have not answered yet, with the packets that wait
 * for them, v4 and v6. 0, or -1 with *err. */
int neighbours_forget(struct error *err);

#endif
