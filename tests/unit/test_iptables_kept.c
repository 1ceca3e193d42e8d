/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/iptables_kept.c init/net/rules.c */
/* wraps: socket getsockopt setsockopt */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

#include "init/net/iptables_kept.h"

enum { ENTRIES = 3, ENTRY = 256, SIZE = ENTRIES * ENTRY };

/* A kernel with one table a family. */
static struct {
    _Alignas(8) unsigned char entries[SIZE];
    unsigned number;
    int spoil; /* offset of a byte that it changes behind the writer's back; -1: none */
    int writes;
} kernels[2];

static const size_t counters_at[2] = {offsetof(struct ipt_entry, counters),
                                      offsetof(struct ip6t_entry, counters)};

int __wrap_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol)
{
    (void)type, (void)protocol;
    return family == AF_INET6 ? 1001 : 1000;
}

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *length);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
    assert_int_equal(level, fd == 1001 ? IPPROTO_IPV6 : IPPROTO_IP);
    if (name == IPT_SO_GET_INFO) {
        struct ipt_getinfo *info = value;
        assert_string_equal(info->name, "filter");
        info->num_entries = kernels[fd - 1000].number;
        info->size = SIZE;
        return 0;
    }
    struct ipt_get_entries *get = value;
    assert_int_equal(name, IPT_SO_GET_ENTRIES);
    assert_int_equal(*length, sizeof *get + get->size);
    if (get->size != SIZE) {
        errno = EAGAIN;
        return -1;
    }
    memcpy(get->entrytable, kernels[fd - 1000].entries, SIZE);
    *length = sizeof *get + SIZE;
    return 0;
}

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t length);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    const struct ipt_replace *replace = value;
    int which = fd - 1000;
    assert_int_equal(level, which ? IPPROTO_IPV6 : IPPROTO_IP);
    assert_int_equal(name, IPT_SO_SET_REPLACE);
    assert_int_equal(length, sizeof *replace + SIZE);
    if (replace->num_counters != kernels[which].number) {
        errno = EAGAIN;
        return -1;
    }
    memset(replace->counters, 7, replace->num_counters * sizeof *replace->counters);
    memcpy(kernels[which].entries, replace->entries, SIZE);
    kernels[which].number = replace->num_entries;
    kernels[which].writes++;
    for (size_t i = 0; i < ENTRIES; i++) /* packets come */
        memset(kernels[which].entries + i * ENTRY + counters_at[which], kernels[which].writes,
               sizeof(struct xt_counters));
    if (kernels[which].spoil >= 0)
        kernels[which].entries[kernels[which].spoil] ^= 1;
    return 0;
}

static void kernel_has(int which, int byte)
{
    memset(kernels[which].entries, byte, SIZE);
    for (size_t i = 0; i < ENTRIES; i++) {
        void *entry = kernels[which].entries + i * ENTRY;
        if (which)
            ((struct ip6t_entry *)entry)->next_offset = ENTRY;
        else
            ((struct ipt_entry *)entry)->next_offset = ENTRY;
    }
    kernels[which].number = ENTRIES;
    kernels[which].spoil = -1;
}

static struct ruleset ruleset_of(enum network_mode mode, int family)
{
    const struct rules_input input = {.mode = mode};
    struct ruleset set = {0};
    assert_int_equal(ruleset_build(&input, family, RULE_FILTER, &set), 0);
    return set;
}

static void put_back_as_it_was(void **state)
{
    static const int families[] = {AF_INET, AF_INET6};
    (void)state;
    for (int which = 0; which < 2; which++) {
        struct ruleset open = ruleset_of(NETWORK_OPEN, families[which]);
        struct ruleset locked = ruleset_of(NETWORK_LOCKDOWN, families[which]);
        assert_false(kept_put_back(&open));
        kernel_has(which, 1);
        kept_take(&open);
        assert_false(kept_put_back(&locked));
        kernel_has(which, 2);
        kept_take(&locked);
        assert_true(kept_put_back(&open));
        assert_int_equal(kernels[which].entries[0], 1);
        assert_true(kept_put_back(&locked));
        assert_true(kept_put_back(&locked));
        assert_int_equal(kernels[which].entries[0], 2);
        kept_forget(&open);
        assert_false(kept_put_back(&open));
        ruleset_free(&open);
        ruleset_free(&locked);
    }
}

static void any_byte_that_differs_is_noticed(void **state)
{
    static const int families[] = {AF_INET, AF_INET6};
    (void)state;
    for (int which = 0; which < 2; which++) {
        struct ruleset set = ruleset_of(NETWORK_ALLOWLIST, families[which]);
        for (int at = 0; at < SIZE; at++) {
            size_t in = (size_t)at % ENTRY;
            bool counter = in >= counters_at[which] &&
                           in < counters_at[which] + sizeof(struct xt_counters);
            kernel_has(which, 3);
            kept_take(&set);
            kernels[which].spoil = at;
            assert_int_equal(kept_put_back(&set), counter);
            /* And what stands is not believed until it was looked at again. */
            kernels[which].spoil = -1;
            assert_int_equal(kept_put_back(&set), counter);
        }
        ruleset_free(&set);
    }
}

static void another_number_of_entries_is_noticed(void **state)
{
    (void)state;
    struct ruleset set = ruleset_of(NETWORK_API, AF_INET);
    kernel_has(0, 4);
    kept_take(&set);
    kernels[0].number++;
    assert_false(kept_put_back(&set));
    kernels[0].number--;
    assert_false(kept_put_back(&set));
    kept_take(&set);
    assert_true(kept_put_back(&set));
    ruleset_free(&set);
}

/* More than there is room for: the oldest are forgotten. */
static void bounded(void **state)
{
    (void)state;
    struct ruleset sets[20];
    for (uint16_t i = 0; i < 20; i++) {
        const struct rules_input input = {.mode = NETWORK_ALLOWLIST,
                                          .gate_port = (uint16_t)(i + 1)};
        sets[i] = (struct ruleset){0};
        assert_int_equal(ruleset_build(&input, AF_INET, RULE_FILTER, &sets[i]), 0);
        kernel_has(0, 5);
        kept_take(&sets[i]);
    }
    assert_false(kept_put_back(&sets[0]));
    assert_true(kept_put_back(&sets[19]));
    for (size_t i = 0; i < 20; i++) {
        kept_forget(&sets[i]);
        ruleset_free(&sets[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_back_as_it_was),
        cmocka_unit_test(any_byte_that_differs_is_noticed),
        cmocka_unit_test(another_number_of_entries_is_noticed),
        cmocka_unit_test(bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
