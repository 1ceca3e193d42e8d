/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/iptables.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libiptc/libip6tc.h>
#include <libiptc/libiptc.h>

#include "init/net/iptables_entry.h"
#include "init/net/iptables_kept.h"

enum {
    COMMITS_MAX = 16, /* against one who changes the table all the time */
    OWN_CHAINS_MAX = 256,
};

/* libiptc's two libraries behind one face: the same calls on another entry. */
struct library {
    int family;
    int socket_level; /* getsockopt(2) of struct xt_get_revision */
    int revision_match, revision_target;
    const char *tables; /* as modules and users call them */
    struct xtc_handle *(*init)(const char *table);
    void (*free)(struct xtc_handle *handle);
    const char *(*first_chain)(struct xtc_handle *handle);
    const char *(*next_chain)(struct xtc_handle *handle);
    int (*is_chain)(const char *chain, struct xtc_handle *handle);
    int (*is_builtin)(const char *chain, struct xtc_handle *handle);
    const char *(*policy)(const char *chain, struct xt_counters *, struct xtc_handle *handle);
    int (*set_policy)(const char *chain, const char *policy, struct xt_counters *counters,
                      struct xtc_handle *handle);
    int (*create)(const char *chain, struct xtc_handle *handle);
    int (*flush)(const char *chain, struct xtc_handle *handle);
    int (*remove)(const char *chain, struct xtc_handle *handle);
    int (*remove_rule)(const char *chain, unsigned number, struct xtc_handle *handle);
    int (*commit)(struct xtc_handle *handle);
    const char *(*strerror)(int number);
    /* These see entries. */
    int (*insert)(const char *chain, const void *entry, unsigned at, struct xtc_handle *handle);
    int (*append)(const char *chain, const void *entry, struct xtc_handle *handle);
    const void *(*first_rule)(const char *chain, struct xtc_handle *handle);
    const void *(*next_rule)(const void *entry, struct xtc_handle *handle);
    const char *(*target)(const void *entry, struct xtc_handle *handle);
};

#define ENTRY_CALLS(prefix, type)                                                              \
    static int prefix##_insert(const char *chain, const void *entry, unsigned at,              \
                               struct xtc_handle *handle)                                      \
    {                                                                                          \
        return prefix##c_insert_entry(chain, (const struct type *)entry, at, handle);          \
    }                                                                                          \
    static int prefix##_append(const char *chain, const void *entry,                           \
                               struct xtc_handle *handle)                                      \
    {                                                                                          \
        return prefix##c_append_entry(chain, (const struct type *)entry, handle);              \
    }                                                                                          \
    static const void *prefix##_first_rule(const char *chain, struct xtc_handle *handle)       \
    {                                                                                          \
        return prefix##c_first_rule(chain, handle);                                            \
    }                                                                                          \
    static const void *prefix##_next_rule(const void *entry, struct xtc_handle *handle)        \
    {                                                                                          \
        return prefix##c_next_rule((const struct type *)entry, handle);                        \
    }                                                                                          \
    static const char *prefix##_target_name(const void *entry, struct xtc_handle *handle)      \
    {                                                                                          \
        return prefix##c_get_target((const struct type *)entry, handle);                       \
    }
ENTRY_CALLS(ipt, ipt_entry)
ENTRY_CALLS(ip6t, ip6t_entry)

#define LIBRARY_CALLS(prefix)                                                                  \
    .init = prefix##c_init, .free = prefix##c_free, .first_chain = prefix##c_first_chain,      \
    .next_chain = prefix##c_next_chain, .is_chain = prefix##c_is_chain,                        \
    .is_builtin = prefix##c_builtin, .policy = prefix##c_get_policy,                           \
    .set_policy = prefix##c_set_policy, .create = prefix##c_create_chain,                      \
    .flush = prefix##c_flush_entries, .remove = prefix##c_delete_chain,                        \
    .remove_rule = prefix##c_delete_num_entry, .commit = prefix##c_commit,                     \
    .strerror = prefix##c_strerror, .insert = prefix##_insert, .append = prefix##_append,      \
    .first_rule = prefix##_first_rule, .next_rule = prefix##_next_rule,                        \
    .target = prefix##_target_name

static const struct library ip_tables = {
    .family = AF_INET,
    .socket_level = SOL_IP,
    .revision_match = IPT_SO_GET_REVISION_MATCH,
    .revision_target = IPT_SO_GET_REVISION_TARGET,
    .tables = "ip_tables",
    LIBRARY_CALLS(ipt),
};

static const struct library ip6_tables = {
    .family = AF_INET6,
    .socket_level = SOL_IPV6,
    .revision_match = IP6T_SO_GET_REVISION_MATCH,
    .revision_target = IP6T_SO_GET_REVISION_TARGET,
    .tables = "ip6_tables",
    LIBRARY_CALLS(ip6t),
};

static const struct library *library_of(int family)
{
    return family == AF_INET ? &ip_tables : &ip6_tables;
}

/* A snapshot of a table, or NULL with *err and errno. */
static struct xtc_handle *open_table(const struct library *lib, enum rule_table table,
                                     struct error *err)
{
    struct xtc_handle *handle = lib->init(rule_table_name(table));
    if (handle)
        return handle;
    int number = errno;
    const char *name = rule_table_name(table);
    switch (number) {
    case EPERM:
        error_set(err,
                  "reading the kernel's %s table '%s' is not permitted; the box needs the"
                  " capabilities NET_ADMIN and NET_RAW",
                  lib->tables, name);
        break;
    case ENOPROTOOPT:
        error_set(err, "this kernel has no %s; on the host, load it: modprobe %s", lib->tables,
                  lib->tables);
        break;
    case ENOENT:
        error_set(
            err,
            "this kernel's %s has no table '%s'; on the host, load it: modprobe %stable_%s",
            lib->tables, name, lib->family == AF_INET ? "ip" : "ip6", name);
        break;
    default:
        errno = number;
        error_errno(err, "cannot read the kernel's %s table '%s'", lib->tables, name);
        break;
    }
    errno = number;
    return NULL;
}

int iptables_probe(int family, struct error *err)
{
    static const enum rule_table tables[] = {RULE_FILTER, RULE_MANGLE};
    const struct library *lib = library_of(family);
    for (size_t i = 0; i < array_length(tables); i++) {
        struct xtc_handle *handle = open_table(lib, tables[i], err);
        if (!handle)
            return -1;
        lib->free(handle);
    }
    return 0;
}

static bool ours(const char *name)
{
    for (enum rule_chain chain = 0; chain < CHAINS; chain++)
        if (!rule_chain_is_builtin(chain) && strcmp(name, rule_chain_name(chain)) == 0)
            return true;
    return false;
}

int iptables_foreign(int family, struct error *err)
{
    const struct library *lib = library_of(family);
    struct xtc_handle *handle = open_table(lib, RULE_FILTER, err);
    if (!handle)
        return -1;
    bool foreign = false;
    bool rules = false;
    for (const char *name = lib->first_chain(handle); name; name = lib->next_chain(handle)) {
        if (!lib->is_builtin(name, handle))
            foreign = foreign || !ours(name);
        else
            rules = rules || lib->first_rule(name, handle);
    }
    foreign = foreign || (rules && !lib->is_chain(rule_chain_name(CHAIN_DENY), handle));
    lib->free(handle);
    return foreign;
}

/* Empties what is ours: all of filter; elsewhere our chain and the jumps to it. */
static bool clear(const struct library *lib, struct xtc_handle *handle, enum rule_table table)
{
    const char *own = rule_chain_name(CHAIN_CLX);
    if (table == RULE_FILTER) {
        char names[OWN_CHAINS_MAX][XT_TABLE_MAXNAMELEN];
        size_t count = 0;
        for (const char *name = lib->first_chain(handle); name;
             name = lib->next_chain(handle)) {
            if (!lib->flush(name, handle))
                return false;
            if (!lib->is_builtin(name, handle) && count < array_length(names))
                strncpy(names[count++], name, sizeof names[0]);
        }
        for (size_t i = 0; i < count; i++)
            if (!lib->remove(names[i], handle))
                return false;
        return true;
    }
    if (!lib->is_chain(own, handle))
        return true;
    const char *hook = rule_chain_name(rule_table_hook(table));
    unsigned number = 0;
    for (const void *rule = lib->first_rule(hook, handle); rule;) {
        if (strcmp(lib->target(rule, handle), own) != 0) {
            rule = lib->next_rule(rule, handle);
            number++;
            continue;
        }
        if (!lib->remove_rule(hook, number, handle))
            return false;
        number = 0;
        rule = lib->first_rule(hook, handle);
    }
    return lib->flush(own, handle) && lib->remove(own, handle);
}

static bool write_rules(const struct library *lib, struct xtc_handle *handle,
                        const struct ruleset *set)
{
    for (enum rule_chain chain = 0; chain < CHAINS; chain++)
        if (rule_chain_has_policy(set->table, chain) &&
            !lib->set_policy(rule_chain_name(chain), "DROP", NULL, handle))
            return false;
    /* All chains first: a rule can only jump to one that is there. */
    for (size_t i = 0; i < set->count; i++) {
        const char *name = rule_chain_name(set->rules[i].chain);
        if (!lib->is_chain(name, handle) && !lib->create(name, handle))
            return false;
    }
    for (size_t i = 0; i < set->count; i++) {
        enum rule_chain chain = set->rules[i].chain;
        struct entry entry;
        entry_build(&set->rules[i], set->family, &entry);
        bool done = chain == rule_table_hook(set->table)
                        ? lib->insert(rule_chain_name(chain), entry.bytes, 0, handle)
                        : lib->append(rule_chain_name(chain), entry.bytes, handle);
        if (!done)
            return false;
    }
    return true;
}

/* Are the chain's rules those of the set, in its order? In a table's hook ours comes first and
 * others may follow. */
static bool chain_stands(const struct library *lib, struct xtc_handle *handle,
                         const struct ruleset *set, enum rule_chain chain)
{
    const char *name = rule_chain_name(chain);
    const void *found = lib->first_rule(name, handle);
    for (size_t i = 0; i < set->count; i++) {
        if (set->rules[i].chain != chain)
            continue;
        struct entry entry;
        entry_build(&set->rules[i], set->family, &entry);
        if (!found || !entry_equals(&entry, set->family, found, lib->target(found, handle)))
            return false;
        found = lib->next_rule(found, handle);
    }
    return !found || chain == rule_table_hook(set->table);
}

static bool stands(const struct library *lib, struct xtc_handle *handle,
                   const struct ruleset *set)
{
    for (enum rule_chain chain = 0; chain < CHAINS; chain++) {
        const char *name = rule_chain_name(chain);
        bool there = lib->is_chain(name, handle), wanted = ruleset_uses(set, chain);
        if (wanted ? !there : there && !rule_chain_is_builtin(chain))
            return false;
        if (wanted && !chain_stands(lib, handle, set, chain))
            return false;
    }
    if (set->table != RULE_FILTER)
        return true;
    for (const char *name = lib->first_chain(handle); name; name = lib->next_chain(handle)) {
        if (!lib->is_builtin(name, handle)) {
            if (!ours(name))
                return false;
            continue;
        }
        struct xt_counters counters;
        const char *policy = lib->policy(name, &counters, handle);
        if (!policy || strcmp(policy, "DROP") != 0)
            return false;
    }
    return true;
}

struct missing {
    const struct library *lib;
    int fd;
    char text[128];
};

/* Asks the kernel for one match or target, which also makes it load the module. */
static bool is_there(const struct entry_part *part, void *context)
{
    struct missing *missing = context;
    struct xt_get_revision ask = {.revision = part->revision};
    socklen_t length = sizeof ask;
    strncpy(ask.name, part->name, sizeof ask.name - 1);
    if (getsockopt(missing->fd, missing->lib->socket_level,
                   part->target ? missing->lib->revision_target : missing->lib->revision_match,
                   &ask, &length) == 0)
        return true;
    (void)snprintf(missing->text, sizeof missing->text, "%s %s, revision %u",
                   part->target ? "target" : "match", part->name, part->revision);
    return false;
}

/* What the kernel lacks of the set, or "" where it seems to have all of it. */
static void find_missing(const struct ruleset *set, struct missing *missing)
{
    cleanup_fd int fd = socket(set->family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    missing->lib = library_of(set->family);
    missing->fd = fd;
    for (size_t i = 0; fd >= 0 && i < set->count; i++) {
        struct entry entry;
        entry_build(&set->rules[i], set->family, &entry);
        if (!entry_each_part(&entry, set->family, is_there, missing))
            return;
    }
}

static int not_written(const struct library *lib, const struct ruleset *set, struct error *err)
{
    int number = errno;
    struct missing missing = {.text = ""};
    find_missing(set, &missing);
    if (missing.text[0])
        return error_set(err,
                         "this kernel's %s lacks the %s, which the firewall needs; on the host,"
                         " load the module (modprobe xt_…) or use a kernel that has it",
                         lib->tables, missing.text);
    return error_set(err, "cannot write the kernel's %s table '%s': %s", lib->tables,
                     rule_table_name(set->table), lib->strerror(number));
}

/* 1 the kernel has the set's rules, 0 it has not, -1 with *err. */
static int read_back(const struct library *lib, const struct ruleset *set, struct error *err)
{
    struct xtc_handle *handle = open_table(lib, set->table, err);
    if (!handle)
        return -1;
    bool standing = stands(lib, handle, set);
    lib->free(handle);
    return standing;
}

/* As read_back(); what stands is kept for the next time, between two looks at it. */
static int read_back_and_keep(const struct library *lib, const struct ruleset *set,
                              struct error *err)
{
    int standing = read_back(lib, set, err);
    if (standing <= 0 || set->table != RULE_FILTER)
        return standing;
    kept_take(set);
    standing = read_back(lib, set, err);
    if (standing <= 0)
        kept_forget(set);
    return standing;
}

static int install(const struct ruleset *set, struct error *err)
{
    const struct library *lib = library_of(set->family);
    if (set->table == RULE_FILTER && kept_put_back(set))
        return 0;
    for (int attempt = 0; attempt < COMMITS_MAX; attempt++) {
        struct xtc_handle *handle = open_table(lib, set->table, err);
        if (!handle)
            return -1;
        bool done = clear(lib, handle, set->table) && write_rules(lib, handle, set) &&
                    lib->commit(handle);
        int number = errno;
        lib->free(handle);
        errno = number;
        /* EAGAIN: somebody added or removed an entry since we read the table. */
        if (!done && number == EAGAIN)
            continue;
        if (!done)
            return not_written(lib, set, err);
        int standing = read_back_and_keep(lib, set, err);
        if (standing != 0)
            return standing < 0 ? -1 : 0;
    }
    return error_set(err,
                     "the kernel's %s table '%s' does not keep our rules (%d tries): something"
                     " else in this network namespace is changing it",
                     lib->tables, rule_table_name(set->table), COMMITS_MAX);
}

int iptables_install(const struct ruleset *sets, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (install(&sets[i], err) != 0)
            return -1;
    return 0;
}
