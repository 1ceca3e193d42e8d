/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts rule sets into the kernel's legacy tables (ip_tables, ip6_tables). The only user of
 * libiptc.
 *
 * libiptc takes no lock and the kernel notices a concurrent change only when it changed the
 * number of entries. So each commit is read back and compared; if the kernel refused it with
 * EAGAIN or does not have it, it is tried again, a bounded number of times.
 */
#ifndef CLAUDEX_INIT_NET_IPTABLES_H
#define CLAUDEX_INIT_NET_IPTABLES_H

#include <stdbool.h>

#include "init/net/rules.h"
#include "shared/error.h"

/*
 * Does the kernel have the legacy tables of this family, and may we change them? Otherwise -1:
 * *err names the missing part and the remedy, and errno is ENOPROTOOPT or ENOENT if the kernel
 * has no such tables, EPERM if it refuses.
 */
int iptables_probe(int family, struct error *err);

/* Does `filter` hold anything that we did not put there? 1, 0, or -1 with *err. */
int iptables_foreign(int family, struct error *err);

/*
 * Replaces the rules of these tables, one after the other, each in one commit, and reads them
 * back: in filter all of them, policies included; in mangle and nat our own chain and the one
 * jump to it, nothing else. 0; or -1: then the table that failed is as it was before, or a
 * mixture that another process is making at this moment.
 */
int iptables_install(const struct ruleset *sets, size_t count, struct error *err);

#endif
