/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the rules of a policy are stored. A subject is a name, or a network as its family, prefix
 * length and masked address; it has a list of rules. Pure, but allocates memory.
 *
 * Open addressing. A subject, its key and its first rule are one cache line, at the place in
 * `slots` that its hash gives or soon after; one byte of each hash is at the same place in
 * `tags`. A million names do not fit into a cache, but a look-up waits for memory at most once:
 * for the line, which it prefetches before it reads the tags. The tags alone show that a
 * subject is missing, and far more of them fit into a cache.
 */
#ifndef CLAUDEX_INIT_NET_POLICY_TABLE_H
#define CLAUDEX_INIT_NET_POLICY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SUBJECT_MAX = 254, /* more bytes than a key has */
    RULE_NONE = 0,     /* as an index or an offset: none */
};

struct policy_rule {
    uint64_t expires;
    uint32_t next;   /* of the same subject, or of the free rules; index in `more` */
    uint32_t origin; /* offset in texts */
    uint16_t port;
    uint8_t action;
    uint8_t kind; /* enum host_kind */
};

enum { SUBJECT_KEY_WITHIN = 64 - sizeof(struct policy_rule) - 2 };

struct policy_subject {
    struct policy_rule first; /* when `used`; the others follow by its `next` */
    bool used;
    uint8_t length;
    union {
        uint8_t within[SUBJECT_KEY_WITHIN];
        uint8_t offset[sizeof(uint32_t)]; /* of a longer key, in texts */
    } key;
};

struct policy_array {
    void *items;
    size_t count, capacity, size; /* size: bytes of one */
};

struct policy_table {
    uint8_t *tags; /* 0: empty */
    struct policy_subject *slots;
    size_t slot_count;         /* a power of two */
    size_t count;              /* subjects */
    struct policy_array more;  /* struct policy_rule: all that are not first */
    struct policy_array texts; /* origins and long keys, with NUL */
    uint32_t free_rules;       /* list, in `more` */
    uint32_t last_origin;      /* rules come in runs of one origin, whose text is stored once */
};

/* 0, or -1 with errno; it must be closed after -1, too. */
int policy_table_open(struct policy_table *table);
void policy_table_close(struct policy_table *table);

/* FNV-1a from the last byte to the first, so that one pass over a name yields the hashes of all
 * its parents (draft-eastlake-fnv). Rules come from people, not from the agent: no key. */
static inline uint64_t policy_hash_start(void)
{
    return 0xcbf29ce484222325U;
}

static inline uint64_t policy_hash_step(uint64_t hash, uint8_t byte)
{
    return (hash ^ byte) * 0x100000001b3U;
}

uint64_t policy_hash(const uint8_t *key, size_t length);

/* Prefetches the memory that policy_table_find() reads for this hash. */
void policy_table_prefetch(const struct policy_table *table, uint64_t hash);

/* The subject of this key, or NULL. Borrowed until the next policy_table_add(). */
struct policy_subject *policy_table_find(const struct policy_table *table, uint64_t hash,
                                         const void *key, size_t length);

/* Puts a rule in front of its subject's others; `rule` without `next` and `origin`. 0, or -1
 * with errno. */
int policy_table_add(struct policy_table *table, const uint8_t *key, size_t length,
                     const struct policy_rule *rule, const char *origin);

/* Removes those rules of a subject for which `matches` returns true; returns how many. */
size_t policy_table_remove(struct policy_table *table, const uint8_t *key, size_t length,
                           bool (*matches)(const void *context, const struct policy_rule *rule,
                                           const char *origin),
                           const void *context);

/* The rule after this one of the same subject, or NULL. */
const struct policy_rule *policy_table_next(const struct policy_table *table,
                                            const struct policy_rule *rule);

const char *policy_table_origin(const struct policy_table *table,
                                const struct policy_rule *rule);

#endif
