/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts rule sets into nf_tables, for kernels without the legacy tables. Each of our tables is
 * an nf_tables table "claudex-NAME" of its family, so that no other program's table is touched.
 * What is installed together is one transaction for both families, read back and compared.
 */
#ifndef CLAUDEX_INIT_NET_NFTABLES_H
#define CLAUDEX_INIT_NET_NFTABLES_H

#include "init/net/rules.h"
#include "shared/error.h"

/* Does the kernel have nf_tables, and may we change them? -1 with *err otherwise. */
int nftables_probe(int family, struct error *err);

/* Does anybody else filter in this network namespace? 1, 0, or -1 with *err. */
int nftables_foreign(int family, struct error *err);

/* Replaces the rules of these tables, all at once or, with -1 and *err, none of them. */
int nftables_install(const struct ruleset *sets, size_t count, struct error *err);

#endif
