/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/iptables_kept.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

#include "shared/cleanup.h"

enum {
    KEPT_MAX = 8,          /* of a family: more than there are modes */
    FOUND_MAX = 64 * 1024, /* bytes; a larger table goes the long way */
    ENTRIES_MAX = 1024,
};

/* Both families' calls have the same shape; ipt_ stands for ip6t_ too where that is so. */
_Static_assert(sizeof(struct ipt_replace) == sizeof(struct ip6t_replace) &&
                   sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo) &&
                   sizeof(struct ipt_get_entries) == sizeof(struct ip6t_get_entries) &&
                   offsetof(struct ipt_get_entries, entrytable) ==
                       offsetof(struct ip6t_get_entries, entrytable),
               "not one shape");

struct table {
    struct rule *rules; /* whose it is; NULL: free */
    size_t count;
    struct ipt_replace *replace; /* the whole call, with its entries */
};

struct family {
    int socket; /* raw, as the calls want it; 0: none yet */
    struct table tables[KEPT_MAX];
    size_t next;      /* to be overwritten */
    unsigned entries; /* in the kernel, as was last seen */
    _Alignas(8) unsigned char found[FOUND_MAX];
};

static struct family families[2];

static struct family *family_of(const struct ruleset *set)
{
    return &families[set->family == AF_INET6];
}

static int level_of(const struct ruleset *set)
{
    return set->family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
}

static bool is_of(const struct table *table, const struct ruleset *set)
{
    /* Where padding differs the table is built anew: slower, not wrong. */
    const void *ours = table->rules, *theirs = set->rules;
    return ours && table->count == set->count &&
           memcmp(ours, theirs, set->count * sizeof *set->rules) == 0;
}

static struct table *find(struct family *family, const struct ruleset *set)
{
    for (size_t i = 0; i < array_length(family->tables); i++)
        if (is_of(&family->tables[i], set))
            return &family->tables[i];
    return NULL;
}

/* The entries that stand in the kernel, `size` bytes, to family->found. */
static bool read_entries(struct family *family, const struct ruleset *set, unsigned size)
{
    struct ipt_get_entries *get = (void *)family->found;
    socklen_t length = (socklen_t)(sizeof *get + size);
    if (length > sizeof family->found)
        return false;
    memset(get, 0, sizeof *get);
    (void)strncpy(get->name, rule_table_name(set->table), sizeof get->name - 1);
    get->size = size;
    /* Another size than this: EAGAIN. */
    return getsockopt(family->socket, level_of(set), IPT_SO_GET_ENTRIES, get, &length) == 0;
}

static void release(struct table *table)
{
    free(table->rules);
    free(table->replace);
    *table = (struct table){0};
}

static bool fill(struct table *table, const struct ruleset *set, const struct family *family,
                 const struct ipt_getinfo *info)
{
    const struct ipt_get_entries *get = (const void *)family->found;
    table->count = set->count;
    table->rules = calloc(set->count + 1, sizeof *set->rules);
    table->replace = calloc(1, sizeof *table->replace + info->size);
    if (!table->rules || !table->replace)
        return false;
    memcpy(table->rules, set->rules, set->count * sizeof *set->rules);
    memcpy(table->replace->name, get->name, sizeof table->replace->name);
    table->replace->valid_hooks = info->valid_hooks;
    table->replace->num_entries = info->num_entries;
    table->replace->size = info->size;
    memcpy(table->replace->hook_entry, info->hook_entry, sizeof info->hook_entry);
    memcpy(table->replace->underflow, info->underflow, sizeof info->underflow);
    memcpy(table->replace->entries, get->entrytable, info->size);
    return true;
}

void kept_take(const struct ruleset *set)
{
    struct family *family = family_of(set);
    struct ipt_getinfo info = {.size = 0};
    socklen_t length = sizeof info;
    family->entries = 0;
    if (family->socket == 0)
        family->socket = socket(set->family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (family->socket < 0) {
        family->socket = 0;
        return;
    }
    (void)strncpy(info.name, rule_table_name(set->table), sizeof info.name - 1);
    if (getsockopt(family->socket, level_of(set), IPT_SO_GET_INFO, &info, &length) != 0 ||
        info.num_entries > ENTRIES_MAX || !read_entries(family, set, info.size))
        return;
    family->entries = info.num_entries;
    struct table *table = find(family, set);
    if (!table) {
        table = &family->tables[family->next];
        family->next = (family->next + 1) % array_length(family->tables);
    }
    release(table);
    if (!fill(table, set, family, &info))
        release(table);
}

void kept_forget(const struct ruleset *set)
{
    struct table *table = find(family_of(set), set);
    if (table)
        release(table);
}

/* Both run through entries whose lengths are those of `ours`, which the kernel checked. */
static bool same_entries(const struct ruleset *set, const char *ours, const char *theirs,
                         size_t size)
{
    bool v6 = set->family == AF_INET6;
    size_t counters =
        v6 ? offsetof(struct ip6t_entry, counters) : offsetof(struct ipt_entry, counters);
    size_t after = counters + sizeof(struct xt_counters);
    for (size_t at = 0; at < size;) {
        size_t length = v6 ? ((const struct ip6t_entry *)(const void *)(ours + at))->next_offset
                           : ((const struct ipt_entry *)(const void *)(ours + at))->next_offset;
        if (length < after || length > size - at ||
            memcmp(ours + at, theirs + at, counters) != 0 ||
            memcmp(ours + at + after, theirs + at + after, length - after) != 0)
            return false;
        at += length;
    }
    return true;
}

bool kept_put_back(const struct ruleset *set)
{
    static struct xt_counters old[ENTRIES_MAX]; /* of the table before; nobody wants them */
    struct family *family = family_of(set);
    const struct table *table = find(family, set);
    if (!table || family->entries == 0)
        return false;
    struct ipt_replace *replace = table->replace;
    /* The kernel refuses with EAGAIN where it has another number of entries by now. */
    replace->num_counters = family->entries;
    replace->counters = old;
    family->entries = 0;
    if (setsockopt(family->socket, level_of(set), IPT_SO_SET_REPLACE, replace,
                   (socklen_t)(sizeof *replace + replace->size)) != 0 ||
        !read_entries(family, set, replace->size))
        return false;
    const struct ipt_get_entries *get = (const void *)family->found;
    if (!same_entries(set, (const char *)replace->entries, (const char *)get->entrytable,
                      replace->size))
        return false;
    family->entries = replace->num_entries;
    return true;
}
