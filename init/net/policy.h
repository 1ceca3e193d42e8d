/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which name may be reached on which port, and which rule says so. Pure, and flat: a look-up
 * costs a probe for the name, and one for each parent that has as many labels as some wildcard,
 * with ten names as with a million; policy_table.h says how they are stored.
 *
 * Deny goes before allow. An exact rule matches its name, *.example.org any depth below
 * example.org (not itself), an address or CIDR rule the addresses that a client dials
 * literally. An allow without a port stands for 443 and 80, a deny without one for every port.
 */
#ifndef CLAUDEX_INIT_NET_POLICY_H
#define CLAUDEX_INIT_NET_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/parse.h"

enum { POLICY_RULES_MAX = 1 << 21 }; /* rules at a time */

enum policy_action { POLICY_ALLOW, POLICY_DENY };

struct policy;
struct policy *policy_new(void);
void policy_free(struct policy *policy);

/* `origin` (a group's name, "file:line", "grant") is copied. `expires` in seconds of
 * CLOCK_BOOTTIME, 0 for never. 0, or -1 with errno ENOMEM, or ENOSPC for one rule too many. */
int policy_add(struct policy *policy, enum policy_action action,
               const struct host_pattern *pattern, const char *origin, uint64_t expires);
/* Removes rules of exactly this action, pattern and origin; returns how many. */
size_t policy_remove(struct policy *policy, enum policy_action action,
                     const struct host_pattern *pattern, const char *origin);

struct policy_verdict {
    bool allowed;
    bool matched;       /* some rule decided; else the default, which is to refuse */
    bool exact;         /* an exact name or a literal, so private addresses may be meant */
    const char *origin; /* of the rule that decided; borrowed; "" for the default */
    struct host_pattern rule; /* the rule that decided, when matched */
    uint64_t expires;         /* that rule; 0: never */
};

/* A lower-case name on a port; `now` in seconds of CLOCK_BOOTTIME. */
void policy_name(const struct policy *policy, const char *name, uint16_t port, uint64_t now,
                 struct policy_verdict *verdict);
/* Is the name allowed on any port at all, and does a rule spell it out? Lookups are answered by
 * this. */
enum policy_known { POLICY_UNKNOWN = 0, POLICY_BY_WILDCARD, POLICY_BY_NAME };
enum policy_known policy_name_known(const struct policy *policy, const char *name,
                                    uint64_t now);
void policy_address(const struct policy *policy, int family, const uint8_t *address,
                    uint16_t port, uint64_t now, struct policy_verdict *verdict);

#endif
