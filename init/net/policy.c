/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/policy.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "init/net/special.h"

/*
 * One open-addressed table from subject to rules. A subject is a name, or a network as its
 * family, prefix length and masked address; the rules of one subject are a list. Rules and
 * subjects lie in arrays and name each other by index, so that a million of them are four
 * allocations.
 */
enum {
    SUBJECT_MAX = 254,    /* bytes of a subject's key */
    SLOTS_FIRST = 64,     /* a power of two */
    NONE = 0,             /* index 0 of every array is nobody */
    ADDRESS_KEY = 2 + 16, /* family, prefix, address */
};

struct rule {
    uint64_t expires;
    uint32_t next;   /* of the same subject, or of the free ones */
    uint32_t origin; /* offset in texts */
    uint16_t port;
    uint8_t action;
    uint8_t kind; /* enum host_kind */
};

struct subject {
    uint64_t hash;
    uint32_t key; /* offset in texts */
    uint32_t length;
    uint32_t rules;
};

struct array {
    void *items;
    size_t count, capacity, size;
};

struct policy {
    struct array rules, subjects, texts;
    uint32_t *slots; /* subject indices */
    size_t slot_count;
    size_t live;             /* rules in use */
    uint32_t free_rules;     /* list */
    uint64_t prefixes[2][3]; /* by family: which prefix lengths have rules, 0..128 */
    uint32_t last_origin;    /* rules come in runs of one origin: say it once */
};

static const uint64_t fnv_offset = 0xcbf29ce484222325U, fnv_prime = 0x100000001b3U;

/* FNV-1a from the last byte to the first, so that one pass over a name yields the hashes of all
 * its parents (draft-eastlake-fnv). Rules come from people, not from the agent: no key. */
static uint64_t hash_step(uint64_t hash, uint8_t byte)
{
    return (hash ^ byte) * fnv_prime;
}

static uint64_t hash_bytes(const uint8_t *bytes, size_t length)
{
    uint64_t hash = fnv_offset;
    while (length > 0)
        hash = hash_step(hash, bytes[--length]);
    return hash;
}

/* Room for `more` items behind the last; their address, or NULL with errno. */
static void *array_extend(struct array *array, size_t more)
{
    size_t wanted = array->count + more;
    if (wanted > UINT32_MAX) {
        errno = ENOSPC;
        return NULL;
    }
    if (wanted > array->capacity) {
        size_t capacity = array->capacity ? array->capacity : 16;
        while (capacity < wanted)
            capacity *= 2;
        void *items = reallocarray(array->items, capacity, array->size);
        if (!items)
            return NULL;
        array->items = items;
        array->capacity = capacity;
    }
    void *first = (char *)array->items + array->count * array->size;
    memset(first, 0, more * array->size);
    array->count = wanted;
    return first;
}

static struct rule *rule_at(const struct policy *policy, uint32_t index)
{
    return (struct rule *)policy->rules.items + index;
}

static struct subject *subject_at(const struct policy *policy, uint32_t index)
{
    return (struct subject *)policy->subjects.items + index;
}

static const char *text_at(const struct policy *policy, uint32_t offset)
{
    return (const char *)policy->texts.items + offset;
}

struct policy *policy_new(void)
{
    struct policy *policy = calloc(1, sizeof *policy);
    if (!policy)
        return NULL;
    policy->rules.size = sizeof(struct rule);
    policy->subjects.size = sizeof(struct subject);
    policy->texts.size = 1;
    policy->slot_count = SLOTS_FIRST;
    policy->slots = calloc(policy->slot_count, sizeof *policy->slots);
    if (!policy->slots || !array_extend(&policy->rules, 1) ||
        !array_extend(&policy->subjects, 1) || !array_extend(&policy->texts, 1)) {
        policy_free(policy);
        return NULL;
    }
    return policy;
}

void policy_free(struct policy *policy)
{
    if (!policy)
        return;
    free(policy->rules.items);
    free(policy->subjects.items);
    free(policy->texts.items);
    free(policy->slots);
    free(policy);
}

/* The slot of a subject, or the empty one where it would be. */
static size_t slot_of(const struct policy *policy, uint64_t hash, const void *key,
                      size_t length)
{
    size_t mask = policy->slot_count - 1;
    for (size_t slot = (hash ^ (hash >> 32)) & mask;; slot = (slot + 1) & mask) {
        if (policy->slots[slot] == NONE)
            return slot;
        const struct subject *subject = subject_at(policy, policy->slots[slot]);
        if (subject->hash == hash && subject->length == length &&
            memcmp(text_at(policy, subject->key), key, length) == 0)
            return slot;
    }
}

static uint32_t rules_of(const struct policy *policy, uint64_t hash, const void *key,
                         size_t length)
{
    uint32_t subject = policy->slots[slot_of(policy, hash, key, length)];
    return subject == NONE ? NONE : subject_at(policy, subject)->rules;
}

/* Keeps the table at most half full. */
static int slots_grow(struct policy *policy)
{
    if (policy->subjects.count * 2 < policy->slot_count)
        return 0;
    size_t count = policy->slot_count * 2, mask = count - 1;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (!slots)
        return -1;
    for (uint32_t i = 1; i < policy->subjects.count; i++) {
        uint64_t hash = subject_at(policy, i)->hash;
        size_t slot = (hash ^ (hash >> 32)) & mask;
        while (slots[slot] != NONE)
            slot = (slot + 1) & mask;
        slots[slot] = i;
    }
    free(policy->slots);
    policy->slots = slots;
    policy->slot_count = count;
    return 0;
}

/* Copies text with a NUL; its offset, or NONE. */
static uint32_t text_add(struct policy *policy, const void *text, size_t length)
{
    uint32_t offset = (uint32_t)policy->texts.count;
    char *room = array_extend(&policy->texts, length + 1);
    if (!room)
        return NONE;
    memcpy(room, text, length);
    return offset;
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

/* The subject's index, made if it is new; NONE when out of memory. */
static uint32_t subject_find_or_add(struct policy *policy, const uint8_t *key, size_t length)
{
    if (slots_grow(policy) < 0)
        return NONE;
    uint64_t hash = hash_bytes(key, length);
    size_t slot = slot_of(policy, hash, key, length);
    if (policy->slots[slot] != NONE)
        return policy->slots[slot];
    uint32_t text = text_add(policy, key, length);
    struct subject *subject = text == NONE ? NULL : array_extend(&policy->subjects, 1);
    if (!subject)
        return NONE;
    subject->hash = hash;
    subject->key = text;
    subject->length = (uint32_t)length;
    policy->slots[slot] = (uint32_t)policy->subjects.count - 1;
    return policy->slots[slot];
}

static uint32_t origin_add(struct policy *policy, const char *origin)
{
    if (policy->last_origin == NONE ||
        strcmp(text_at(policy, policy->last_origin), origin) != 0)
        policy->last_origin = text_add(policy, origin, strlen(origin));
    return policy->last_origin;
}

static uint32_t rule_new(struct policy *policy)
{
    uint32_t index = policy->free_rules;
    if (index != NONE) {
        policy->free_rules = rule_at(policy, index)->next;
        return index;
    }
    if (!array_extend(&policy->rules, 1))
        return NONE;
    return (uint32_t)policy->rules.count - 1;
}

int policy_add(struct policy *policy, enum policy_action action,
               const struct host_pattern *pattern, const char *origin, uint64_t expires)
{
    if (policy->live >= POLICY_RULES_MAX) {
        errno = ENOSPC;
        return -1;
    }
    uint8_t key[SUBJECT_MAX];
    size_t length = pattern_key(pattern, key);
    uint32_t subject = subject_find_or_add(policy, key, length);
    uint32_t text = subject == NONE ? NONE : origin_add(policy, origin);
    uint32_t index = text == NONE ? NONE : rule_new(policy);
    if (index == NONE)
        return -1;
    *rule_at(policy, index) = (struct rule){
        .expires = expires,
        .next = subject_at(policy, subject)->rules,
        .origin = text,
        .port = pattern->port,
        .action = (uint8_t)action,
        .kind = (uint8_t)pattern->kind,
    };
    subject_at(policy, subject)->rules = index;
    policy->live++;
    if (pattern->kind == HOST_ADDRESS)
        policy->prefixes[pattern->family == AF_INET6][pattern->prefix / 64] |=
            1ULL << (pattern->prefix % 64);
    return 0;
}

size_t policy_remove(struct policy *policy, enum policy_action action,
                     const struct host_pattern *pattern, const char *origin)
{
    uint8_t key[SUBJECT_MAX];
    size_t length = pattern_key(pattern, key), removed = 0;
    uint32_t subject = policy->slots[slot_of(policy, hash_bytes(key, length), key, length)];
    if (subject == NONE)
        return 0;
    uint32_t *link = &subject_at(policy, subject)->rules;
    while (*link != NONE) {
        uint32_t index = *link;
        struct rule *rule = rule_at(policy, index);
        if (rule->action != action || rule->kind != pattern->kind ||
            rule->port != pattern->port || strcmp(text_at(policy, rule->origin), origin) != 0) {
            link = &rule->next;
            continue;
        }
        *link = rule->next;
        rule->next = policy->free_rules;
        policy->free_rules = index;
        policy->live--;
        removed++;
    }
    return removed;
}

enum { ANY_PORT = 0 }; /* as a question: is it allowed on any port at all? */

static bool port_matches(const struct rule *rule, uint16_t port)
{
    if (rule->port != 0)
        return rule->port == port || (port == ANY_PORT && rule->action == POLICY_ALLOW);
    return rule->action == POLICY_DENY || port == ANY_PORT || port == 443 || port == 80;
}

/* Looks through one subject's rules; a deny that matches ends the search. */
static bool consider(const struct policy *policy, uint32_t list, enum host_kind kind,
                     uint16_t port, uint64_t now, uint32_t *allow)
{
    for (uint32_t index = list; index != NONE; index = rule_at(policy, index)->next) {
        const struct rule *rule = rule_at(policy, index);
        if (rule->kind != kind || (rule->expires != 0 && rule->expires <= now) ||
            !port_matches(rule, port))
            continue;
        if (rule->action == POLICY_DENY) {
            *allow = index;
            return true;
        }
        if (*allow == NONE)
            *allow = index;
    }
    return false;
}

static void fill_verdict(const struct policy *policy, uint32_t index, const char *name,
                         struct policy_verdict *verdict)
{
    *verdict = (struct policy_verdict){.origin = ""};
    if (index == NONE)
        return;
    const struct rule *rule = rule_at(policy, index);
    verdict->matched = true;
    verdict->allowed = rule->action == POLICY_ALLOW;
    verdict->exact = rule->kind != HOST_WILDCARD;
    verdict->origin = text_at(policy, rule->origin);
    verdict->expires = rule->expires;
    verdict->rule.kind = (enum host_kind)rule->kind;
    verdict->rule.port = rule->port;
    if (name)
        memcpy(verdict->rule.name, name, strlen(name) + 1);
}

/* The deciding rule and, in *decider, the part of the name that it names. */
static uint32_t decide_name(const struct policy *policy, const char *name, uint16_t port,
                            uint64_t now, const char **decider)
{
    size_t length = strnlen(name, SUBJECT_MAX);
    uint32_t allow = NONE;
    *decider = name;
    if (length == 0 || length >= SUBJECT_MAX)
        return NONE;
    /* From the right: the hash of every parent is met on the way, the name's own last. The most
     * particular allow is the one to report, and a deny at any height wins. */
    uint64_t hash = fnv_offset;
    for (size_t at = length; at-- > 0;) {
        hash = hash_step(hash, (uint8_t)name[at]);
        bool whole = at == 0;
        if (!whole && name[at - 1] != '.')
            continue;
        uint32_t list = rules_of(policy, hash, name + at, length - at);
        uint32_t here = NONE;
        bool denied =
            consider(policy, list, whole ? HOST_EXACT : HOST_WILDCARD, port, now, &here);
        if (here != NONE) {
            allow = here;
            *decider = name + at;
        }
        if (denied)
            return allow;
    }
    return allow;
}

void policy_name(const struct policy *policy, const char *name, uint16_t port, uint64_t now,
                 struct policy_verdict *verdict)
{
    const char *decider;
    uint32_t index = port == ANY_PORT ? NONE : decide_name(policy, name, port, now, &decider);
    fill_verdict(policy, index, index == NONE ? NULL : decider, verdict);
}

bool policy_name_known(const struct policy *policy, const char *name, uint64_t now)
{
    const char *decider;
    uint32_t index = decide_name(policy, name, ANY_PORT, now, &decider);
    return index != NONE && rule_at(policy, index)->action == POLICY_ALLOW;
}

void policy_address(const struct policy *policy, int family, const uint8_t *address,
                    uint16_t port, uint64_t now, struct policy_verdict *verdict)
{
    bool v6 = family == AF_INET6;
    size_t size = v6 ? 16 : 4;
    uint32_t decided = NONE;
    struct host_pattern network = {.kind = HOST_ADDRESS, .family = family}, found = network;
    for (unsigned prefix = 0; port != ANY_PORT && prefix <= size * 8; prefix++) {
        if (!(policy->prefixes[v6][prefix / 64] >> (prefix % 64) & 1))
            continue;
        memcpy(network.address, address, size);
        address_mask(network.address, size, prefix);
        network.prefix = prefix;
        uint8_t key[SUBJECT_MAX];
        size_t length = pattern_key(&network, key);
        uint32_t list = rules_of(policy, hash_bytes(key, length), key, length), here = NONE;
        bool denied = consider(policy, list, HOST_ADDRESS, port, now, &here);
        if (here != NONE) {
            decided = here;
            found = network;
        }
        if (denied)
            break;
    }
    fill_verdict(policy, decided, NULL, verdict);
    if (decided != NONE) {
        found.port = verdict->rule.port;
        verdict->rule = found;
    }
}
