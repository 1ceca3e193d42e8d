/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/policy_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    SLOTS_FIRST = 16,
    LINE = 64,           /* bytes of a cache line */
    HUGE_PAGE = 2 << 20, /* bytes */
    ARRAY_FIRST = 16,    /* items */
};

_Static_assert(sizeof(struct policy_subject) == LINE, "a subject is a cache line");

/* --- memory ------------------------------------------------------------------------------- */

/* From the size of a huge page on, in such: of a million names' small pages, each look-up would
 * have to read the page table, too. A kernel without them gives small ones. */
static void *allocate(size_t bytes)
{
    const size_t alignment = bytes < HUGE_PAGE ? LINE : HUGE_PAGE;
    const size_t size = (bytes + alignment - 1) / alignment * alignment;
    void *memory = aligned_alloc(alignment, size);
    if (memory && alignment == HUGE_PAGE)
        (void)madvise(memory, size, MADV_HUGEPAGE);
    return memory;
}

/* Room for `more` items behind the last; their address, or NULL with errno. */
static void *array_extend(struct policy_array *array, size_t more)
{
    const size_t wanted = array->count + more;
    if (wanted > UINT32_MAX) {
        errno = ENOSPC;
        return NULL;
    }
    if (wanted > array->capacity) {
        size_t capacity = array->capacity ? array->capacity : ARRAY_FIRST;
        while (capacity < wanted)
            capacity *= 2;
        void *items = allocate(capacity * array->size);
        if (!items)
            return NULL;
        if (array->items)
            memcpy(items, array->items, array->count * array->size);
        free(array->items);
        array->items = items;
        array->capacity = capacity;
    }
    void *first = (char *)array->items + array->count * array->size;
    memset(first, 0, more * array->size);
    array->count = wanted;
    return first;
}

static int slots_new(struct policy_table *table, size_t count)
{
    table->slot_count = count;
    table->slots = allocate(count * sizeof *table->slots);
    table->tags = allocate(count);
    if (!table->slots || !table->tags)
        return -1;
    memset(table->tags, 0, count);
    return 0;
}

int policy_table_open(struct policy_table *table)
{
    *table = (struct policy_table){.more = {.size = sizeof(struct policy_rule)},
                                   .texts = {.size = 1}};
    /* Index 0 of each is nobody. */
    return slots_new(table, SLOTS_FIRST) == 0 && array_extend(&table->more, 1) &&
                   array_extend(&table->texts, 1)
               ? 0
               : -1;
}

void policy_table_close(struct policy_table *table)
{
    free(table->tags);
    free(table->slots);
    free(table->more.items);
    free(table->texts.items);
}

/* Copies text with a NUL; its offset, or RULE_NONE. */
static uint32_t text_add(struct policy_table *table, const void *text, size_t length)
{
    const uint32_t offset = (uint32_t)table->texts.count;
    char *room = array_extend(&table->texts, length + 1);
    if (!room)
        return RULE_NONE;
    memcpy(room, text, length);
    return offset;
}

static const char *text_at(const struct policy_table *table, uint32_t offset)
{
    return (const char *)table->texts.items + offset;
}

/* --- subjects ----------------------------------------------------------------------------- */

uint64_t policy_hash(const uint8_t *key, size_t length)
{
    uint64_t hash = policy_hash_start();
    while (length > 0)
        hash = policy_hash_step(hash, key[--length]);
    return hash;
}

static size_t home_of(const struct policy_table *table, uint64_t hash)
{
    return (hash ^ (hash >> 32)) & (table->slot_count - 1);
}

static size_t behind(const struct policy_table *table, size_t slot)
{
    return (slot + 1) & (table->slot_count - 1);
}

static uint8_t tag_of(uint64_t hash)
{
    const uint8_t tag = (uint8_t)(hash >> 56);
    return tag ? tag : 1;
}

static const void *key_of(const struct policy_table *table,
                          const struct policy_subject *subject)
{
    uint32_t offset;
    if (subject->length <= SUBJECT_KEY_WITHIN)
        return subject->key.within;
    memcpy(&offset, subject->key.offset, sizeof offset);
    return text_at(table, offset);
}

void policy_table_prefetch(const struct policy_table *table, uint64_t hash)
{
    const size_t home = home_of(table, hash);
    __builtin_prefetch(&table->tags[home]);
    __builtin_prefetch(&table->slots[home]);
}

struct policy_subject *policy_table_find(const struct policy_table *table, uint64_t hash,
                                         const void *key, size_t length)
{
    const uint8_t tag = tag_of(hash);
    for (size_t slot = home_of(table, hash); table->tags[slot] != 0;
         slot = behind(table, slot)) {
        struct policy_subject *subject = &table->slots[slot];
        if (table->tags[slot] == tag && subject->length == length &&
            memcmp(key_of(table, subject), key, length) == 0)
            return subject;
    }
    return NULL;
}

/* The empty slot where it is to be. */
static struct policy_subject *slot_take(struct policy_table *table, uint64_t hash)
{
    size_t slot = home_of(table, hash);
    while (table->tags[slot] != 0)
        slot = behind(table, slot);
    table->tags[slot] = tag_of(hash);
    return &table->slots[slot];
}

/* Keeps the table at most half full. */
static int slots_grow(struct policy_table *table)
{
    const struct policy_table old = *table;
    if (old.count * 2 < old.slot_count)
        return 0;
    if (slots_new(table, old.slot_count * 2) < 0) {
        free(table->tags);
        free(table->slots);
        *table = old;
        return -1;
    }
    for (size_t slot = 0; slot < old.slot_count; slot++) {
        const struct policy_subject *subject = &old.slots[slot];
        if (old.tags[slot] != 0)
            *slot_take(table, policy_hash(key_of(&old, subject), subject->length)) = *subject;
    }
    free(old.tags);
    free(old.slots);
    return 0;
}

static struct policy_subject *subject_new(struct policy_table *table, uint64_t hash,
                                          const uint8_t *key, size_t length)
{
    const bool within = length <= SUBJECT_KEY_WITHIN;
    const uint32_t offset = within ? RULE_NONE : text_add(table, key, length);
    if ((!within && offset == RULE_NONE) || slots_grow(table) < 0)
        return NULL;
    struct policy_subject *subject = slot_take(table, hash);
    *subject = (struct policy_subject){.length = (uint8_t)length};
    if (within)
        memcpy(subject->key.within, key, length);
    else
        memcpy(subject->key.offset, &offset, sizeof offset);
    table->count++;
    return subject;
}

/* --- rules -------------------------------------------------------------------------------- */

static struct policy_rule *rule_at(const struct policy_table *table, uint32_t index)
{
    return (struct policy_rule *)table->more.items + index;
}

const struct policy_rule *policy_table_next(const struct policy_table *table,
                                            const struct policy_rule *rule)
{
    return rule->next == RULE_NONE ? NULL : rule_at(table, rule->next);
}

const char *policy_table_origin(const struct policy_table *table,
                                const struct policy_rule *rule)
{
    return text_at(table, rule->origin);
}

static uint32_t origin_add(struct policy_table *table, const char *origin)
{
    if (table->last_origin == RULE_NONE ||
        strcmp(text_at(table, table->last_origin), origin) != 0)
        table->last_origin = text_add(table, origin, strlen(origin));
    return table->last_origin;
}

static uint32_t rule_new(struct policy_table *table)
{
    const uint32_t index = table->free_rules;
    if (index != RULE_NONE) {
        table->free_rules = rule_at(table, index)->next;
        return index;
    }
    return array_extend(&table->more, 1) ? (uint32_t)table->more.count - 1 : RULE_NONE;
}

static void rule_free(struct policy_table *table, uint32_t index)
{
    rule_at(table, index)->next = table->free_rules;
    table->free_rules = index;
}

int policy_table_add(struct policy_table *table, const uint8_t *key, size_t length,
                     const struct policy_rule *rule, const char *origin)
{
    const uint64_t hash = policy_hash(key, length);
    struct policy_rule added = *rule;
    if ((added.origin = origin_add(table, origin)) == RULE_NONE)
        return -1;
    struct policy_subject *subject = policy_table_find(table, hash, key, length);
    if (!subject && !(subject = subject_new(table, hash, key, length)))
        return -1;
    added.next = RULE_NONE;
    if (subject->used) {
        if ((added.next = rule_new(table)) == RULE_NONE)
            return -1;
        *rule_at(table, added.next) = subject->first;
    }
    subject->first = added;
    subject->used = true;
    return 0;
}

size_t policy_table_remove(struct policy_table *table, const uint8_t *key, size_t length,
                           bool (*matches)(const void *context, const struct policy_rule *rule,
                                           const char *origin),
                           const void *context)
{
    struct policy_subject *subject =
        policy_table_find(table, policy_hash(key, length), key, length);
    size_t removed = 0;
    if (!subject)
        return 0;
    while (subject->used &&
           matches(context, &subject->first, policy_table_origin(table, &subject->first))) {
        const uint32_t second = subject->first.next;
        removed++;
        if ((subject->used = second != RULE_NONE)) {
            subject->first = *rule_at(table, second);
            rule_free(table, second);
        }
    }
    for (uint32_t *link = &subject->first.next; subject->used && *link != RULE_NONE;) {
        struct policy_rule *rule = rule_at(table, *link);
        if (!matches(context, rule, policy_table_origin(table, rule))) {
            link = &rule->next;
            continue;
        }
        const uint32_t gone = *link;
        *link = rule->next;
        rule_free(table, gone);
        removed++;
    }
    return removed;
}
