/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps filter tables that libiptc has written and that were read back and found right, in the
 * form in which the kernel returned them. A kept table is put back in one call, without being
 * built or parsed again (linux/netfilter/x_tables.h, struct ipt_replace), so that a change of
 * mode spends its time in the kernel only.
 *
 * Nothing unusual is an error here: the caller then goes the long way, by libiptc, which
 * reports errors.
 */
#ifndef CLAUDEX_INIT_NET_IPTABLES_KEPT_H
#define CLAUDEX_INIT_NET_IPTABLES_KEPT_H

#include <stdbool.h>

#include "init/net/rules.h"

/* Keeps what the kernel has now as the table of this set. The caller checks before and after
 * that it is, and calls kept_forget() if the second check fails. */
void kept_take(const struct ruleset *set);
void kept_forget(const struct ruleset *set);

/* Puts the kept table of exactly this set into the kernel, reads it back and compares every
 * byte but the packet counters. False: it was never kept, or could not be put back; what the
 * kernel has now is not known. */
bool kept_put_back(const struct ruleset *set);

#endif
