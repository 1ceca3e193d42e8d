/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that wait for a neighbour's address are past all rules already, and would leave when
 * it answers, up to three seconds later.
 */
#ifndef CLAUDEX_INIT_NET_NEIGHBOURS_H
#define CLAUDEX_INIT_NET_NEIGHBOURS_H

#include "shared/error.h"

/* Forgets the neighbours that have not answered yet, and what waits for them, v4 and v6. */
int neighbours_forget(struct error *err);

#endif
