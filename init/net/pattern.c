/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/pattern.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static bool prefix_holds(const uint8_t *network, const uint8_t *address, unsigned prefix)
{
    const unsigned whole = prefix / 8, rest = prefix % 8;
    if (memcmp(network, address, whole) != 0)
        return false;
    return rest == 0 || ((network[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

/* Is `name` at any depth below `zone`? */
static bool is_below(const char *name, const char *zone)
{
    const size_t length = strlen(name), tail = strlen(zone);
    return length > tail + 1 && name[length - tail - 1] == '.' &&
           strcmp(name + length - tail, zone) == 0;
}

bool pattern_denies_name(const struct host_pattern *pattern, const char *name, uint16_t port)
{
    if (pattern->port != 0 && pattern->port != port)
        return false;
    if (pattern->kind == HOST_EXACT)
        return strcmp(pattern->name, name) == 0;
    return pattern->kind == HOST_WILDCARD && is_below(name, pattern->name);
}

bool pattern_denies_address(const struct host_pattern *pattern, int family,
                            const uint8_t *address, uint16_t port)
{
    return pattern->kind == HOST_ADDRESS && pattern->family == family &&
           (pattern->port == 0 || pattern->port == port) &&
           prefix_holds(pattern->address, address, pattern->prefix);
}

/* All hosts of `inner`, whatever the port. */
static bool holds_hosts(const struct host_pattern *outer, const struct host_pattern *inner)
{
    if (inner->kind == HOST_ADDRESS)
        return outer->prefix <= inner->prefix &&
               pattern_denies_address(outer, inner->family, inner->address, outer->port);
    if (inner->kind == HOST_WILDCARD)
        return outer->kind == HOST_WILDCARD &&
               (strcmp(outer->name, inner->name) == 0 || is_below(inner->name, outer->name));
    return pattern_denies_name(outer, inner->name, outer->port);
}

bool pattern_denies_all(const struct host_pattern *deny, const struct host_pattern *allow)
{
    return (deny->port == 0 || deny->port == allow->port) && holds_hosts(deny, allow);
}

bool pattern_denies_some(const struct host_pattern *deny, const struct host_pattern *allow)
{
    const bool usual = deny->port == 443 || deny->port == 80;
    const bool ports =
        deny->port == 0 || deny->port == allow->port || (allow->port == 0 && usual);
    return ports && (holds_hosts(deny, allow) || holds_hosts(allow, deny));
}

bool pattern_equal(const struct host_pattern *a, const struct host_pattern *b)
{
    if (a->kind != b->kind || a->port != b->port)
        return false;
    if (a->kind != HOST_ADDRESS)
        return strcmp(a->name, b->name) == 0;
    return a->family == b->family && a->prefix == b->prefix &&
           memcmp(a->address, b->address, a->family == AF_INET6 ? 16 : 4) == 0;
}

char *pattern_print(const struct host_pattern *pattern, char out[PATTERN_TEXT_MAX])
{
    char port[8] = "", prefix[8] = "";
    const bool six = pattern->kind == HOST_ADDRESS && pattern->family == AF_INET6;
    const char *open = six && pattern->port ? "[" : "", *close = *open ? "]" : "";
    if (pattern->kind == HOST_WILDCARD)
        open = "*.";
    if (pattern->port)
        (void)snprintf(port, sizeof port, ":%u", pattern->port);
    if (pattern->kind == HOST_ADDRESS && pattern->prefix < (six ? 128U : 32U))
        (void)snprintf(prefix, sizeof prefix, "/%u", pattern->prefix);
    (void)snprintf(out, PATTERN_TEXT_MAX, "%s%s%s%s%s", open, pattern->name, prefix, close,
                   port);
    return out;
}
