/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/oid_set.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST = 1024 };

void oid_set_free(struct oid_set *set)
{
    free(set->table);
    free(set->oids);
    *set = (struct oid_set){0};
}

/* Of it, or the free one where it would be. */
static size_t slot_of(const struct oid_set *set, const uint8_t oid[OID_SIZE])
{
    uint64_t key;
    memcpy(&key, oid, sizeof key); /* a hash already */
    size_t slot = (size_t)key & (set->table_size - 1);
    while (set->table[slot] && memcmp(set->oids[set->table[slot] - 1], oid, OID_SIZE) != 0)
        slot = (slot + 1) & (set->table_size - 1);
    return slot;
}

static void fill_table(struct oid_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        set->table[slot_of(set, set->oids[i])] = (uint32_t)i + 1;
}

static int grow_table(struct oid_set *set)
{
    size_t size = set->table_size ? set->table_size * 2 : FIRST;
    uint32_t *table = calloc(size, sizeof *table);
    if (!table)
        return -1;
    free(set->table);
    set->table = table;
    set->table_size = size;
    fill_table(set);
    return 0;
}

bool oid_set_has(const struct oid_set *set, const uint8_t oid[OID_SIZE])
{
    return set->table_size > 0 && set->table[slot_of(set, oid)] != 0;
}

int oid_set_add(struct oid_set *set, const uint8_t oid[OID_SIZE])
{
    if (set->count * 2 >= set->table_size && grow_table(set) < 0)
        return -1;
    if (set->count == set->capacity) {
        size_t capacity = set->capacity ? set->capacity * 2 : FIRST;
        void *oids = reallocarray(set->oids, capacity, OID_SIZE);
        if (!oids)
            return -1;
        set->oids = oids;
        set->capacity = capacity;
    }
    memcpy(set->oids[set->count++], oid, OID_SIZE);
    set->table[slot_of(set, oid)] = (uint32_t)set->count;
    return 0;
}

void oid_set_remove(struct oid_set *set, const uint8_t oid[OID_SIZE])
{
    if (!oid_set_has(set, oid))
        return;
    memset(set->oids[set->table[slot_of(set, oid)] - 1], 0, OID_SIZE);
    /* Others may have been put further on because of it. */
    memset(set->table, 0, set->table_size * sizeof *set->table);
    fill_table(set);
}
