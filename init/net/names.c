/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/names.h"

#include <stdlib.h>
#include <string.h>

#include "init/net/siphash.h"

/*
 * Names in the order in which they came, so that the number of a name is its address; and an
 * open-addressed table of their numbers. The texts lie in blocks that never move.
 */
enum {
    NAME_LENGTH_MAX = 253,
    SPACE = (1 << 17) - 2, /* addresses of the network, without its first and last */
    NAMES_FIRST = 32,      /* a power of two */
    BLOCK_SIZE = 16 * 1024,
};

static const uint32_t network = NAMES_NETWORK;

struct block {
    struct block *next;
    char text[BLOCK_SIZE];
};

struct names {
    uint8_t key[SIPHASH_KEY_SIZE];
    uint32_t first; /* of the network's addresses, the one of the first name */
    size_t count, capacity, bytes;
    const char **list;
    uint32_t *slots;      /* 2 * capacity: number of a name + 1; 0 is empty */
    struct block *blocks; /* newest first */
    size_t block_used;
};

bool names_is_synthetic(uint32_t address)
{
    return address >> 17 == network >> 17;
}

/* The slot of a name, or the empty one where it would be. */
static uint32_t *slot_of(const struct names *names, const char *name)
{
    size_t mask = names->capacity * 2 - 1;
    size_t slot = siphash(names->key, name, strlen(name)) & mask;
    while (names->slots[slot] != 0 && strcmp(names->list[names->slots[slot] - 1], name) != 0)
        slot = (slot + 1) & mask;
    return &names->slots[slot];
}

/* Room for twice as many names. The slots are at most half full. */
static int grow(struct names *names)
{
    size_t capacity = names->capacity > 0 ? names->capacity * 2 : NAMES_FIRST;
    const char **list = reallocarray(names->list, capacity, sizeof *list);
    if (!list)
        return -1;
    names->list = list;
    uint32_t *slots = calloc(capacity, 2 * sizeof *slots);
    if (!slots)
        return -1;
    free(names->slots);
    names->slots = slots;
    names->capacity = capacity;
    for (uint32_t i = 0; i < names->count; i++)
        *slot_of(names, names->list[i]) = i + 1;
    return 0;
}

struct names *names_new(const uint8_t key[16])
{
    struct names *names = calloc(1, sizeof *names);
    if (!names)
        return NULL;
    memcpy(names->key, key, sizeof names->key);
    names->first = (uint32_t)(siphash(key, "", 0) % SPACE);
    if (grow(names) < 0) {
        names_free(names);
        return NULL;
    }
    return names;
}

void names_free(struct names *names)
{
    if (!names)
        return;
    while (names->blocks) {
        struct block *block = names->blocks;
        names->blocks = block->next;
        free(block);
    }
    free(names->list);
    free(names->slots);
    free(names);
}

static const char *keep(struct names *names, const char *name, size_t size)
{
    if (!names->blocks || BLOCK_SIZE - names->block_used < size) {
        struct block *block = malloc(sizeof *block);
        if (!block)
            return NULL;
        block->next = names->blocks;
        names->blocks = block;
        names->block_used = 0;
    }
    char *text = names->blocks->text + names->block_used;
    names->block_used += size;
    names->bytes += size;
    return memcpy(text, name, size);
}

static uint32_t address_of(const struct names *names, uint32_t number)
{
    return network + 1 + (names->first + number) % SPACE;
}

uint32_t names_address(struct names *names, const char *name)
{
    size_t length = strnlen(name, NAME_LENGTH_MAX + 1);
    if (length == 0 || length > NAME_LENGTH_MAX)
        return 0;
    uint32_t found = *slot_of(names, name);
    if (found != 0)
        return address_of(names, found - 1);
    if (names->count == NAMES_MAX || names->bytes + length + 1 > NAMES_BYTES_MAX ||
        (names->count == names->capacity && grow(names) < 0))
        return 0;
    const char *text = keep(names, name, length + 1);
    if (!text)
        return 0;
    uint32_t number = (uint32_t)names->count++;
    names->list[number] = text;
    *slot_of(names, name) = number + 1;
    return address_of(names, number);
}

const char *names_name(const struct names *names, uint32_t address)
{
    uint32_t offset = address - network - 1;
    if (offset >= SPACE)
        return NULL;
    uint32_t number = (offset + SPACE - names->first) % SPACE;
    return number < names->count ? names->list[number] : NULL;
}

size_t names_count(const struct names *names)
{
    return names->count;
}
