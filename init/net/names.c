/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/names.h"

#include <stdlib.h>
#include <string.h>

#include "init/net/siphash.h"

/*
 * Entries by the number of their address; an open-addressed table of these numbers by name; and
 * for each of the two kinds a list of them, the one that was used the longest ago first.
 */
enum {
    NAME_LENGTH_MAX = 253,
    SPACE = (1 << 17) - 2, /* addresses of the network, without its first and last */
    SLOTS_FIRST = 64,      /* a power of two */
};
#define NONE UINT32_MAX

static const uint32_t network = NAMES_NETWORK;

struct entry {
    char *text; /* owned; NULL: free */
    uint32_t older, newer;
    uint32_t due; /* may be forgotten from then on */
    uint16_t holds;
    bool exact;
};

struct list {
    uint32_t oldest, newest;
    size_t count, bytes;
};

struct names {
    uint8_t key[SIPHASH_KEY_SIZE];
    struct entry *entries; /* SPACE; pages that were never used cost nothing */
    uint32_t next;         /* where to look for a free one */
    uint32_t *slots;       /* number of an entry + 1; 0 is empty. At most half full */
    size_t slot_count;
    struct list lists[2]; /* [exact] */
};

const char names_fault[] = "an address that stood for a name, and stands for none now";

bool names_is_synthetic(uint32_t address)
{
    return address >> 17 == network >> 17;
}

size_t names_count(const struct names *names)
{
    return names->lists[0].count + names->lists[1].count;
}

/* --- by name ------------------------------------------------------------------------------ */

static size_t home_of(const struct names *names, const char *name)
{
    return siphash(names->key, name, strlen(name)) & (names->slot_count - 1);
}

/* The slot of a name, or the empty one where it would be. */
static uint32_t *slot_of(const struct names *names, const char *name)
{
    size_t slot = home_of(names, name);
    while (names->slots[slot] != 0 &&
           strcmp(names->entries[names->slots[slot] - 1].text, name) != 0)
        slot = (slot + 1) & (names->slot_count - 1);
    return &names->slots[slot];
}

/* What is found only by passing over this slot moves up, so that no gap is in its way. */
static void empty_slot(struct names *names, const char *name)
{
    size_t mask = names->slot_count - 1, hole = (size_t)(slot_of(names, name) - names->slots);
    for (size_t at = (hole + 1) & mask; names->slots[at] != 0; at = (at + 1) & mask) {
        size_t home = home_of(names, names->entries[names->slots[at] - 1].text);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        names->slots[hole] = names->slots[at];
        hole = at;
    }
    names->slots[hole] = 0;
}

static int grow(struct names *names)
{
    size_t count = names->slot_count > 0 ? names->slot_count * 2 : SLOTS_FIRST;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (!slots)
        return -1;
    free(names->slots);
    names->slots = slots;
    names->slot_count = count;
    for (size_t i = 0; i < 2; i++)
        for (uint32_t n = names->lists[i].oldest; n != NONE; n = names->entries[n].newer)
            *slot_of(names, names->entries[n].text) = n + 1;
    return 0;
}

/* --- by age ------------------------------------------------------------------------------- */

static void unlink_entry(struct names *names, uint32_t number)
{
    const struct entry *entry = &names->entries[number];
    struct list *list = &names->lists[entry->exact];
    *(entry->older != NONE ? &names->entries[entry->older].newer : &list->oldest) =
        entry->newer;
    *(entry->newer != NONE ? &names->entries[entry->newer].older : &list->newest) =
        entry->older;
    list->count--;
    list->bytes -= strlen(entry->text) + 1;
}

static void link_newest(struct names *names, uint32_t number, bool exact, uint64_t now)
{
    struct entry *entry = &names->entries[number];
    struct list *list = &names->lists[exact];
    entry->exact = exact;
    entry->due = (uint32_t)(now + NAMES_KEPT_SECONDS);
    entry->older = list->newest;
    entry->newer = NONE;
    *(list->newest != NONE ? &names->entries[list->newest].newer : &list->oldest) = number;
    list->newest = number;
    list->count++;
    list->bytes += strlen(entry->text) + 1;
}

static void touch(struct names *names, uint32_t number, bool exact, uint64_t now)
{
    unlink_entry(names, number);
    link_newest(names, number, exact, now);
}

/* Forgets the oldest one of a list that nobody can still mean. False: there is none. */
static bool forget(struct names *names, bool exact, uint64_t now)
{
    for (;;) {
        uint32_t number = names->lists[exact].oldest;
        struct entry *entry = number != NONE ? &names->entries[number] : NULL;
        if (!entry || entry->due > now)
            return false;
        if (entry->holds > 0) {
            touch(names, number, exact, now);
            continue;
        }
        empty_slot(names, entry->text);
        unlink_entry(names, number);
        free(entry->text);
        *entry = (struct entry){.text = NULL};
        return true;
    }
}

static bool fits(const struct names *names, bool exact, size_t size)
{
    const struct list *wild = &names->lists[false];
    if (!exact && (wild->count >= NAMES_WILD_MAX || wild->bytes + size > NAMES_WILD_BYTES_MAX))
        return false;
    return names_count(names) < NAMES_MAX &&
           names->lists[0].bytes + names->lists[1].bytes + size <= NAMES_BYTES_MAX;
}

/* --- what others call --------------------------------------------------------------------- */

struct names *names_new(const uint8_t key[16])
{
    struct names *names = calloc(1, sizeof *names);
    if (!names)
        return NULL;
    memcpy(names->key, key, sizeof names->key);
    for (size_t i = 0; i < 2; i++)
        names->lists[i] = (struct list){.oldest = NONE, .newest = NONE};
    names->next = (uint32_t)(siphash(key, "", 0) % SPACE);
    names->entries = calloc(SPACE, sizeof *names->entries);
    if (!names->entries || grow(names) < 0) {
        names_free(names);
        return NULL;
    }
    return names;
}

void names_free(struct names *names)
{
    if (!names)
        return;
    for (size_t i = 0; i < 2; i++)
        for (uint32_t n = names->lists[i].oldest; n != NONE; n = names->entries[n].newer)
            free(names->entries[n].text);
    free(names->entries);
    free(names->slots);
    free(names);
}

/* The number of a new name, or NONE. Each is given out again as late as can be. */
static uint32_t add(struct names *names, const char *name, size_t size, bool exact)
{
    if (names_count(names) >= names->slot_count / 2 && grow(names) < 0)
        return NONE;
    char *text = malloc(size);
    if (!text)
        return NONE;
    memcpy(text, name, size);
    while (names->entries[names->next].text)
        names->next = (names->next + 1) % SPACE;
    uint32_t number = names->next;
    names->next = (number + 1) % SPACE;
    *slot_of(names, name) = number + 1;
    names->entries[number] = (struct entry){.text = text, .exact = exact};
    return number;
}

uint32_t names_address(struct names *names, const char *name, bool exact, uint64_t now)
{
    size_t length = strnlen(name, NAME_LENGTH_MAX + 1);
    if (length == 0 || length > NAME_LENGTH_MAX)
        return 0;
    uint32_t found = *slot_of(names, name);
    if (found != 0) {
        touch(names, found - 1, exact, now);
        return network + found;
    }
    while (!fits(names, exact, length + 1))
        if (!forget(names, exact, now) && !(exact && forget(names, false, now)))
            return 0;
    uint32_t number = add(names, name, length + 1, exact);
    if (number == NONE)
        return 0;
    link_newest(names, number, exact, now);
    return network + 1 + number;
}

static struct entry *entry_at(const struct names *names, uint32_t address)
{
    uint32_t number = address - network - 1;
    return number < SPACE && names->entries[number].text ? &names->entries[number] : NULL;
}

const char *names_name(const struct names *names, uint32_t address)
{
    const struct entry *entry = entry_at(names, address);
    return entry ? entry->text : NULL;
}

void names_hold(struct names *names, uint32_t address)
{
    struct entry *entry = entry_at(names, address);
    if (entry)
        entry->holds++;
}

void names_release(struct names *names, uint32_t address, uint64_t now)
{
    struct entry *entry = entry_at(names, address);
    if (!entry)
        return;
    entry->holds--;
    touch(names, address - network - 1, entry->exact, now);
}
