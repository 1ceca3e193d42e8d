/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filter tables that were once written by libiptc, read back and found to be right, kept in the
 * form in which the kernel gave them out: such a one is put back in one call, without being
 * built or taken apart again (linux/netfilter/x_tables.h, struct ipt_replace). A toggle spends
 * its time in the kernel then.
 *
 * Whatever is unusual is no error here: the caller goes the long way, which has words for it.
 */
#ifndef CLAUDEX_INIT_NET_IPTABLES_KEPT_H
#define CLAUDEX_INIT_NET_IPTABLES_KEPT_H

#include <stdbool.h>

#include "init/net/rules.h"

/* Keeps what stands now as the table of this set. The caller saw that it is, and sees again
 * afterwards: what was kept lies between two readings that were right, or is forgotten. */
void kept_take(const struct ruleset *set);
void kept_forget(const struct ruleset *set);

/* Puts the table of this very set back, reads it back and compares every byte but the packet
 * counters. False: it does not stand, or was never kept; what stands now is not known. */
bool kept_put_back(const struct ruleset *set);

#endif
