/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/names.c init/net/siphash.c */
/* wraps: malloc calloc reallocarray */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "init/net/names.h"
#include "init/net/siphash.h"
#include "shared/cleanup.h"

/* --- running out of memory ------------------------------------------------------------ */

static int allocations_left = -1; /* -1: as many as are wanted */

static bool may_allocate(void)
{
    if (allocations_left > 0)
        allocations_left--;
    return allocations_left != 0;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_reallocarray(void *p, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_reallocarray(void *p, size_t count, size_t size);

void *__wrap_malloc(size_t size)
{
    return may_allocate() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return may_allocate() ? __real_calloc(count, size) : NULL;
}

void *__wrap_reallocarray(void *p, size_t count, size_t size)
{
    return may_allocate() ? __real_reallocarray(p, count, size) : NULL;
}

/* --- the hash ------------------------------------------------------------------------- */

/* The vectors that come with the paper's reference: key 00 01 … 0f, message 00 01 … */
static void known_hashes(void **state)
{
    (void)state;
    static const struct {
        size_t length;
        uint64_t hash;
    } vectors[] = {
        {0, 0x726fdb47dd0e0e31U}, {1, 0x74f839c593dc67fdU},  {7, 0xab0200f58b01d137U},
        {8, 0x93f5f5799a932462U}, {15, 0xa129ca6149be45e5U}, {63, 0x958a324ceb064572U},
    };
    uint8_t key[SIPHASH_KEY_SIZE], message[64];
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)i;
    memcpy(key, message, sizeof key);
    for (size_t i = 0; i < array_length(vectors); i++)
        assert_true(siphash(key, message, vectors[i].length) == vectors[i].hash);
}

/* --- the table ------------------------------------------------------------------------ */

static const uint8_t key[16] = "sixteen bytes it";

static int make(void **state)
{
    *state = names_new(key);
    return *state ? 0 : -1;
}

static int unmake(void **state)
{
    names_free(*state);
    return 0;
}

static void keeps_its_address(void **state)
{
    struct names *names = *state;
    uint32_t a = names_address(names, "a.example.com", true, 0),
             b = names_address(names, "b.example.com", true, 0);
    assert_true(names_is_synthetic(a) && names_is_synthetic(b) && a != b);
    assert_int_equal(names_address(names, "a.example.com", true, 0), a);
    assert_string_equal(names_name(names, a), "a.example.com");
    assert_string_equal(names_name(names, b), "b.example.com");
    assert_int_equal(names_count(names), 2);
}

static void unknown_addresses(void **state)
{
    struct names *names = *state;
    static const uint32_t others[] = {0,          UINT32_MAX, 0x7f000001, 0xc6120000,
                                      0xc613ffff, 0xc611ffff, 0xc6140000};
    uint32_t a = names_address(names, "a", true, 0);
    for (size_t i = 0; i < array_length(others); i++)
        assert_null(names_name(names, others[i]));
    assert_null(names_name(names, a + 1));
    assert_null(names_name(names, a - 1));
}

static void network(void **state)
{
    (void)state;
    assert_true(names_is_synthetic(0xc6120000) && names_is_synthetic(0xc613ffff));
    assert_false(names_is_synthetic(0xc611ffff) || names_is_synthetic(0xc6140000) ||
                 names_is_synthetic(0));
}

static void odd_names(void **state)
{
    struct names *names = *state;
    char longest[255];
    memset(longest, 'a', sizeof longest);
    longest[254] = '\0';
    assert_int_equal(names_address(names, "", true, 0), 0);
    assert_int_equal(names_address(names, longest, true, 0), 0);
    longest[253] = '\0';
    uint32_t address = names_address(names, longest, true, 0);
    assert_int_not_equal(address, 0);
    assert_string_equal(names_name(names, address), longest);
    assert_int_equal(names_count(names), 1);
}

/* Names stay where they are while the table grows, and when it is full. */
static void many(void **state)
{
    struct names *names = *state;
    char name[32];
    uint32_t first = names_address(names, "first", true, 0);
    const char *text = names_name(names, first);
    cleanup_free uint8_t *seen = calloc(1 << 17, 1);
    assert_non_null(seen);
    seen[first & 0x1ffff] = 1;
    for (size_t i = 1; i < NAMES_MAX; i++) {
        snprintf(name, sizeof name, "n%zu.example.com", i);
        uint32_t address = names_address(names, name, true, 0);
        assert_true(names_is_synthetic(address));
        uint32_t offset = address & 0x1ffff;
        assert_in_range(offset, 1, (1 << 17) - 2);
        assert_int_equal(seen[offset]++, 0);
        assert_string_equal(names_name(names, address), name);
    }
    assert_int_equal(names_address(names, "one.more", true, 0), 0);
    assert_int_equal(names_count(names), NAMES_MAX);
    assert_int_equal(names_address(names, "first", true, 0), first);
    assert_ptr_equal(names_name(names, first), text);
    for (size_t i = 1; i < NAMES_MAX; i += 97) {
        snprintf(name, sizeof name, "n%zu.example.com", i);
        assert_string_equal(names_name(names, names_address(names, name, true, 0)), name);
    }
}

/* Long names fill it earlier; short ones still fit in what is left. */
static void full_of_bytes(void **state)
{
    struct names *names = *state;
    char name[254];
    size_t count = 0;
    for (;; count++) {
        snprintf(name, sizeof name, "%0253zu", count);
        if (names_address(names, name, true, 0) == 0)
            break;
    }
    assert_int_equal(count, NAMES_BYTES_MAX / 254);
    assert_int_equal(names_count(names), count);
    assert_int_not_equal(names_address(names, "short", true, 0), 0);
}

/* A flood of what a wildcard allows: names that a rule spells out still find room, and new ones
 * below the wildcard do when nobody can mean the first ones of the flood any more. */
static void flood(void **state)
{
    struct names *names = *state;
    char name[32];
    uint32_t first = names_address(names, "first.wild", false, 10),
             again = names_address(names, "again.wild", false, 10),
             exact = names_address(names, "exact", true, 10), last = 0;
    for (size_t i = 2; i < NAMES_WILD_MAX; i++) {
        snprintf(name, sizeof name, "n%zu.wild", i);
        last = names_address(names, name, false, 20);
        assert_int_not_equal(last, 0);
    }
    assert_int_equal(names_address(names, "new.wild", false, 20), 0);
    assert_int_not_equal(names_address(names, "new", true, 20), 0);
    assert_int_equal(names_address(names, "again.wild", false, 21), again);

    const uint64_t later = 10 + NAMES_KEPT_SECONDS;
    assert_int_equal(names_address(names, "new.wild", false, later - 1), 0);
    assert_string_equal(names_name(names, first), "first.wild");
    uint32_t new = names_address(names, "new.wild", false, later);
    assert_int_not_equal(new, 0);
    assert_null(names_name(names, first));
    assert_string_equal(names_name(names, new), "new.wild");
    assert_string_equal(names_name(names, again), "again.wild");
    assert_string_equal(names_name(names, exact), "exact");
    assert_int_equal(names_address(names, "newer.wild", false, later), 0);
    /* Addresses come back as late as can be: none of the flood's is another's yet. */
    for (size_t i = 2; i < NAMES_WILD_MAX; i++) {
        snprintf(name, sizeof name, "m%zu.wild", i);
        uint32_t address = names_address(names, name, false, later + 10);
        assert_int_not_equal(address, 0);
        assert_int_not_equal(address, first);
        assert_string_equal(names_name(names, address), name);
    }
    assert_null(names_name(names, last));
    assert_int_equal(names_address(names, "exact", true, later + 10), exact);
    assert_true(names_count(names) <= NAMES_WILD_MAX + 2);
}

/* Whom somebody is connected to is not forgotten, and not right after that either. */
static void held(void **state)
{
    struct names *names = *state;
    char name[32];
    uint32_t address = names_address(names, "held.wild", false, 0), other = 0;
    names_hold(names, address);
    names_hold(names, address);
    names_hold(names, address + 7); /* nobody's */
    uint64_t now = 0;
    for (size_t round = 0; round < 3; round++, now += NAMES_KEPT_SECONDS) {
        for (size_t i = 1; i < NAMES_WILD_MAX; i++) {
            snprintf(name, sizeof name, "n%zu.%zu.wild", i, round);
            other = names_address(names, name, false, now);
            assert_int_not_equal(other, 0);
        }
        assert_int_equal(names_address(names, "new.wild", false, now), 0);
        assert_string_equal(names_name(names, address), "held.wild");
        if (round == 0)
            names_release(names, address, now);
    }
    names_release(names, address, now);
    names_release(names, 0, now);
    assert_int_not_equal(names_address(names, "new.wild", false, now), 0);
    assert_string_equal(names_name(names, address), "held.wild");
    now += NAMES_KEPT_SECONDS;
    for (size_t i = 1; i < NAMES_WILD_MAX; i++) {
        snprintf(name, sizeof name, "last%zu.wild", i);
        assert_int_not_equal(names_address(names, name, false, now), 0);
    }
    assert_int_not_equal(names_address(names, "one.more.wild", false, now), 0);
    assert_null(names_name(names, address));
}

/* Names that a rule spells out are forgotten as well, first their own, then a wildcard's. */
static void exact_ones(void **state)
{
    struct names *names = *state;
    char name[32];
    uint32_t wild = names_address(names, "a.wild", false, 0);
    for (size_t i = 1; i < NAMES_MAX; i++) {
        snprintf(name, sizeof name, "n%zu", i);
        assert_int_not_equal(names_address(names, name, true, 10), 0);
    }
    assert_int_equal(names_address(names, "new", true, 10), 0);
    assert_int_equal(names_address(names, "new.wild", false, 10), 0);
    assert_int_not_equal(names_address(names, "new", true, NAMES_KEPT_SECONDS), 0);
    assert_null(names_name(names, wild));
    assert_int_equal(names_address(names, "new.wild", false, 1000), 0);
    assert_int_not_equal(names_address(names, "newer", true, 1000), 0);
    assert_int_equal(names_count(names), NAMES_MAX);
}

static void starts_elsewhere(void **state)
{
    uint8_t other[16] = "another key here";
    struct names *names = names_new(other);
    assert_non_null(names);
    assert_int_not_equal(names_address(names, "a", true, 0),
                         names_address(*state, "a", true, 0));
    names_free(names);
}

/* Whatever allocation fails, what was there is still there. */
static void out_of_memory(void **state)
{
    (void)state;
    for (int allowed = 1; allowed < 12; allowed++) {
        allocations_left = allowed;
        struct names *names = names_new(key);
        char name[16];
        for (int i = 0; names && i < 200; i++) {
            snprintf(name, sizeof name, "n%d", i);
            uint32_t address = names_address(names, name, true, 0);
            if (address == 0)
                break;
            assert_string_equal(names_name(names, address), name);
        }
        allocations_left = -1;
        if (!names)
            continue;
        size_t count = names_count(names);
        for (size_t i = 0; i <= count; i++) {
            snprintf(name, sizeof name, "n%zu", i);
            assert_string_equal(names_name(names, names_address(names, name, true, 0)), name);
        }
        names_free(names);
    }
    names_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_hashes),
        cmocka_unit_test_setup_teardown(keeps_its_address, make, unmake),
        cmocka_unit_test_setup_teardown(unknown_addresses, make, unmake),
        cmocka_unit_test(network),
        cmocka_unit_test_setup_teardown(odd_names, make, unmake),
        cmocka_unit_test_setup_teardown(many, make, unmake),
        cmocka_unit_test_setup_teardown(full_of_bytes, make, unmake),
        cmocka_unit_test_setup_teardown(flood, make, unmake),
        cmocka_unit_test_setup_teardown(held, make, unmake),
        cmocka_unit_test_setup_teardown(exact_ones, make, unmake),
        cmocka_unit_test_setup_teardown(starts_elsewhere, make, unmake),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
