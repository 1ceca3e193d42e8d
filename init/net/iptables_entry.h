/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rule in the legacy tables' binary form: struct ipt_entry or ip6t_entry, its matches and
 * its target (linux/netfilter_ipv4/ip_tables.h, linux/netfilter/x_tables.h). Pure.
 */
#ifndef CLAUDEX_INIT_NET_IPTABLES_ENTRY_H
#define CLAUDEX_INIT_NET_IPTABLES_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/net/rules.h"

enum { ENTRY_MAX = 1024 }; /* more than every match at once and the largest target */

struct entry {
    _Alignas(8) unsigned char bytes[ENTRY_MAX];
    size_t size;
    const char *target; /* its name: a verdict, a chain or a module */
    bool module;
};

void entry_build(const struct rule *rule, int family, struct entry *entry);

/* Is `found`, an entry as libiptc hands it out, with its target's name, the same rule?
 * Counters and what the kernel keeps for itself do not count. */
bool entry_equals(const struct entry *entry, int family, const void *found,
                  const char *found_target);

/* Calls visit() for each match and for a target that is a module, until it returns false. */
struct entry_part {
    const char *name;
    uint8_t revision;
    bool target;
};
bool entry_each_part(const struct entry *entry, int family,
                     bool (*visit)(const struct entry_part *part, void *context),
                     void *context);

#endif
