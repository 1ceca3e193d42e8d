/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/policy.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "init/net/policy_table.h"
#include "init/net/special.h"

enum {
    ADDRESS_KEY = 2 + 16, /* family, prefix, address */
    LABELS_MAX = 128,     /* more than a name has */
};

struct policy {
    struct policy_table table;
    size_t live;             /* rules in use */
    uint64_t prefixes[2][3]; /* by family: which prefix lengths have rules, 0..128 */
    uint64_t depths[2][2];   /* by kind: of how many labels there are exact names, wildcards */
};

struct policy *policy_new(void)
{
    struct policy *policy = calloc(1, sizeof *policy);
    if (policy && policy_table_open(&policy->table) < 0) {
        policy_free(policy);
        return NULL;
    }
    return policy;
}

void policy_free(struct policy *policy)
{
    if (!policy)
        return;
    policy_table_close(&policy->table);
    free(policy);
}

static bool has_bit(const uint64_t *bits, unsigned bit)
{
    return bits[bit / 64] >> (bit % 64) & 1;
}

static void set_bit(uint64_t *bits, unsigned bit)
{
    bits[bit / 64] |= 1ULL << (bit % 64);
}

static size_t pattern_key(const struct host_pattern *pattern, uint8_t key[SUBJECT_MAX])
{
    if (pattern->kind != HOST_ADDRESS) {
        size_t length = strnlen(pattern->name, SUBJECT_MAX - 1);
        memcpy(key, pattern->name, length);
        return length;
    }
    /* No name holds a byte this low: names and networks share a table without meeting. */
    key[0] = pattern->family == AF_INET6;
    key[1] = (uint8_t)pattern->prefix;
    memcpy(key + 2, pattern->address, sizeof pattern->address);
    if (pattern->family == AF_INET)
        memset(key + 2 + 4, 0, 12);
    return ADDRESS_KEY;
}

/* What a look-up may leave out, because no rule is like that. A rule that goes leaves its
 * mark, which costs time and nothing else. */
static void mark(struct policy *policy, const struct host_pattern *pattern)
{
    unsigned labels = 1;
    if (pattern->kind == HOST_ADDRESS) {
        set_bit(policy->prefixes[pattern->family == AF_INET6], pattern->prefix);
        return;
    }
    for (const char *c = pattern->name; *c; c++)
        labels += *c == '.';
    if (labels < LABELS_MAX)
        set_bit(policy->depths[pattern->kind == HOST_WILDCARD], labels);
}

int policy_add(struct policy *policy, enum policy_action action,
               const struct host_pattern *pattern, const char *origin, uint64_t expires)
{
    uint8_t key[SUBJECT_MAX];
    const struct policy_rule rule = {
        .expires = expires,
        .port = pattern->port,
        .action = (uint8_t)action,
        .kind = (uint8_t)pattern->kind,
    };
    if (policy->live >= POLICY_RULES_MAX) {
        errno = ENOSPC;
        return -1;
    }
    const size_t length = pattern_key(pattern, key);
    if (policy_table_add(&policy->table, key, length, &rule, origin) < 0)
        return -1;
    policy->live++;
    mark(policy, pattern);
    return 0;
}

struct removal {
    struct policy_rule rule;
    const char *origin;
};

static bool is_removed(const void *context, const struct policy_rule *rule, const char *origin)
{
    const struct removal *removal = context;
    return rule->action == removal->rule.action && rule->kind == removal->rule.kind &&
           rule->port == removal->rule.port && strcmp(origin, removal->origin) == 0;
}

size_t policy_remove(struct policy *policy, enum policy_action action,
                     const struct host_pattern *pattern, const char *origin)
{
    uint8_t key[SUBJECT_MAX];
    const struct removal removal = {.rule = {.port = pattern->port,
                                             .action = (uint8_t)action,
                                             .kind = (uint8_t)pattern->kind},
                                    .origin = origin};
    const size_t length = pattern_key(pattern, key);
    const size_t removed =
        policy_table_remove(&policy->table, key, length, is_removed, &removal);
    policy->live -= removed;
    return removed;
}

enum { ANY_PORT = 0 }; /* as a question: is it allowed on any port at all? */

static bool port_matches(const struct policy_rule *rule, uint16_t port)
{
    if (rule->port != 0)
        return rule->port == port || (port == ANY_PORT && rule->action == POLICY_ALLOW);
    return rule->action == POLICY_DENY || port == ANY_PORT || port == 443 || port == 80;
}

/* What is asked, and what was found up to now. */
struct question {
    const struct policy *policy;
    uint16_t port;
    uint64_t now;
    const struct policy_rule *decided; /* NULL: by none */
};

/* Looks through one subject's rules. True if one decided that is of `kind`, and final where it
 * is a denial. */
static bool consider(struct question *question, const struct policy_subject *subject,
                     enum host_kind kind)
{
    const struct policy_rule *rule = subject && subject->used ? &subject->first : NULL, *allow;
    for (allow = NULL; rule; rule = policy_table_next(&question->policy->table, rule)) {
        if (rule->kind != kind || (rule->expires != 0 && rule->expires <= question->now) ||
            !port_matches(rule, question->port))
            continue;
        if (rule->action == POLICY_DENY) {
            question->decided = rule;
            return true;
        }
        if (!allow)
            allow = rule;
    }
    if (allow)
        question->decided = allow;
    return allow != NULL;
}

static bool is_denied(const struct question *question)
{
    return question->decided && question->decided->action == POLICY_DENY;
}

static void fill_verdict(const struct question *question, const char *name,
                         struct policy_verdict *verdict)
{
    const struct policy_rule *rule = question->decided;
    *verdict = (struct policy_verdict){.origin = ""};
    if (!rule)
        return;
    verdict->matched = true;
    verdict->allowed = rule->action == POLICY_ALLOW;
    verdict->exact = rule->kind != HOST_WILDCARD;
    verdict->origin = policy_table_origin(&question->policy->table, rule);
    verdict->expires = rule->expires;
    verdict->rule.kind = (enum host_kind)rule->kind;
    verdict->rule.port = rule->port;
    if (name)
        memcpy(verdict->rule.name, name, strlen(name) + 1);
}

struct parent {
    uint64_t hash;
    size_t at; /* in the name */
};

/* The name and those of its parents that a rule can be for, from the right, and the first of
 * them on its way from memory when the last is known. Returns how many. */
static size_t find_parents(const struct policy *policy, const char *name, size_t length,
                           struct parent parents[LABELS_MAX])
{
    uint64_t hash = policy_hash_start();
    unsigned labels = 0;
    size_t count = 0;
    for (size_t at = length; at-- > 0;) {
        hash = policy_hash_step(hash, (uint8_t)name[at]);
        const bool whole = at == 0;
        if (!whole && name[at - 1] != '.')
            continue;
        if (++labels >= LABELS_MAX || !has_bit(policy->depths[!whole], labels))
            continue;
        parents[count++] = (struct parent){hash, at};
        policy_table_prefetch(&policy->table, hash);
    }
    return count;
}

/* Returns the part of the name that the deciding rule names. The most particular allow is the
 * one to report, and a deny at any height wins. */
static const char *decide_name(struct question *question, const char *name)
{
    const size_t length = strnlen(name, SUBJECT_MAX);
    struct parent parents[LABELS_MAX];
    const char *decider = name;
    if (length == 0 || length >= SUBJECT_MAX)
        return name;
    const size_t count = find_parents(question->policy, name, length, parents);
    for (size_t i = 0; i < count && !is_denied(question); i++) {
        const char *parent = name + parents[i].at;
        const struct policy_subject *subject = policy_table_find(
            &question->policy->table, parents[i].hash, parent, length - parents[i].at);
        if (consider(question, subject, parents[i].at == 0 ? HOST_EXACT : HOST_WILDCARD))
            decider = parent;
    }
    return decider;
}

void policy_name(const struct policy *policy, const char *name, uint16_t port, uint64_t now,
                 struct policy_verdict *verdict)
{
    struct question question = {.policy = policy, .port = port, .now = now};
    const char *decider = port == ANY_PORT ? NULL : decide_name(&question, name);
    fill_verdict(&question, decider, verdict);
}

enum policy_known policy_name_known(const struct policy *policy, const char *name, uint64_t now)
{
    struct question question = {.policy = policy, .port = ANY_PORT, .now = now};
    (void)decide_name(&question, name);
    if (!question.decided || question.decided->action != POLICY_ALLOW)
        return POLICY_UNKNOWN;
    return question.decided->kind == HOST_EXACT ? POLICY_BY_NAME : POLICY_BY_WILDCARD;
}

void policy_address(const struct policy *policy, int family, const uint8_t *address,
                    uint16_t port, uint64_t now, struct policy_verdict *verdict)
{
    const bool v6 = family == AF_INET6;
    const size_t size = v6 ? 16 : 4;
    struct question question = {.policy = policy, .port = port, .now = now};
    struct host_pattern network = {.kind = HOST_ADDRESS, .family = family}, found = network;
    for (unsigned prefix = 0; port != ANY_PORT && prefix <= size * 8 && !is_denied(&question);
         prefix++) {
        uint8_t key[SUBJECT_MAX];
        if (!has_bit(policy->prefixes[v6], prefix))
            continue;
        memcpy(network.address, address, size);
        address_mask(network.address, size, prefix);
        network.prefix = prefix;
        const size_t length = pattern_key(&network, key);
        if (consider(&question,
                     policy_table_find(&policy->table, policy_hash(key, length), key, length),
                     HOST_ADDRESS))
            found = network;
    }
    fill_verdict(&question, NULL, verdict);
    if (verdict->matched) {
        found.port = verdict->rule.port;
        verdict->rule = found;
    }
}
