/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/iptables_entry.c init/net/rules.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "init/net/iptables_entry.h"

enum { V4_HEAD = 112, V6_HEAD = 168, STANDARD = 40 };

static size_t size_of(const struct rule *rule, int family)
{
    struct entry entry;
    entry_build(rule, family, &entry);
    return entry.size;
}

/* Sizes that kernels of every age have taken: each match and target with its header. */
static void sizes_are_the_kernels(void **state)
{
    (void)state;
    static const struct {
        struct rule rule;
        size_t v4, v6; /* 0: not of this family */
    } cases[] = {
        {{.target = TARGET_ACCEPT}, STANDARD, STANDARD},
        {{.target = TARGET_JUMP, .to = CHAIN_DENY}, STANDARD, STANDARD},
        {{.states = STATE_NEW, .assured = true}, 200 + STANDARD, 200 + STANDARD},
        {{.direction = DIRECTION_REPLY}, 200 + STANDARD, 200 + STANDARD},
        {{.mark = MARK_CLEAR}, 48 + STANDARD, 48 + STANDARD},
        {{.by_owner = true}, 56 + STANDARD, 56 + STANDARD},
        {{.protocol = IPPROTO_TCP}, STANDARD, STANDARD},
        {{.protocol = IPPROTO_TCP, .syn = SYN_NOT}, 48 + STANDARD, 48 + STANDARD},
        {{.protocol = IPPROTO_UDP, .source_port = 53}, 48 + STANDARD, 48 + STANDARD},
        {{.protocol = IPPROTO_ICMPV6, .neighbour = 135}, 0, 40 + 40 + STANDARD},
        {{.target = TARGET_REDIRECT, .to_port = 53}, 56, 72},
        {{.target = TARGET_REJECT_RESET}, 40, 40},
        {{.target = TARGET_LOG}, 112, 112},
        {{.target = TARGET_MARK}, 48, 48},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        if (cases[i].v4)
            assert_int_equal(size_of(&cases[i].rule, AF_INET), V4_HEAD + cases[i].v4);
        assert_int_equal(size_of(&cases[i].rule, AF_INET6), V6_HEAD + cases[i].v6);
    }
}

/* Every rule of every set equals itself and no other, whatever the kernel puts behind names. */
static void a_rule_equals_itself_alone(void **state)
{
    (void)state;
    struct port port = {
        .family = AF_INET6, .host_ip = "::", .container = 8080, .protocol = IPPROTO_UDP};
    struct rules_input input = {.mode = NETWORK_ALLOWLIST,
                                .gate_port = 15001,
                                .resolver_port = 53,
                                .gate_uid = 64999,
                                .ports = &port,
                                .port_count = 1};
    for (int table = RULE_FILTER; table < RULE_TABLES; table++) {
        cleanup_ruleset struct ruleset set = {0};
        assert_int_equal(ruleset_build(&input, AF_INET6, (enum rule_table)table, &set), 0);
        for (size_t i = 0; i < set.count; i++) {
            struct entry a;
            entry_build(&set.rules[i], AF_INET6, &a);
            for (size_t k = 0; k < set.count; k++) {
                struct entry b;
                entry_build(&set.rules[k], AF_INET6, &b);
                bool same = entry_equals(&a, AF_INET6, b.bytes, b.target);
                /* A chain is no part of an entry. */
                struct rule other = set.rules[k];
                other.chain = set.rules[i].chain;
                /* NOLINTNEXTLINE(*-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c) */
                const bool equal = memcmp(&other, &set.rules[i], sizeof other) == 0;
                assert_int_equal(same, equal); /* both come from one zeroed table */
            }
        }
    }
}

static bool count_part(const struct entry_part *part, void *context)
{
    (void)part;
    ++*(int *)context;
    return true;
}

static void parts_are_matches_and_modules(void **state)
{
    (void)state;
    struct rule rule = {.protocol = IPPROTO_TCP,
                        .syn = SYN_ONLY,
                        .states = STATE_NEW,
                        .mark = MARK_SET,
                        .target = TARGET_REJECT_RESET};
    struct entry entry;
    int parts = 0;
    entry_build(&rule, AF_INET, &entry);
    assert_true(entry_each_part(&entry, AF_INET, count_part, &parts));
    assert_int_equal(parts, 4);
    rule.target = TARGET_JUMP;
    parts = 0;
    entry_build(&rule, AF_INET, &entry);
    assert_true(entry_each_part(&entry, AF_INET, count_part, &parts));
    assert_int_equal(parts, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_the_kernels),
        cmocka_unit_test(a_rule_equals_itself_alone),
        cmocka_unit_test(parts_are_matches_and_modules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
