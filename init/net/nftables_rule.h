/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rule in nf_tables' form: the list of expressions of a NFT_MSG_NEWRULE
 * (linux/netfilter/nf_tables.h). Pure.
 */
#ifndef CLAUDEX_INIT_NET_NFTABLES_RULE_H
#define CLAUDEX_INIT_NET_NFTABLES_RULE_H

#include "init/net/netlink.h"
#include "init/net/rules.h"

/* Writes the attribute NFTA_RULE_EXPRESSIONS into the message being written. */
void nftables_rule_put(struct netlink_batch *batch, const struct rule *rule, int family);

#endif
