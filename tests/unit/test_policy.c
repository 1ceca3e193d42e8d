/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/policy.c init/net/policy_table.c init/net/special.c */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "init/net/policy.h"
#include "init/net/special.h"
#include "shared/cleanup.h"

static void add(struct policy *policy, enum policy_action action, const char *text,
                uint64_t expires)
{
    struct host_pattern pattern;
    const char *why = "";
    if (parse_host_pattern(text, &pattern, &why) < 0)
        fail_msg("%s: %s", text, why);
    assert_int_equal(policy_add(policy, action, &pattern, "test", expires), 0);
}

static size_t drop(struct policy *policy, enum policy_action action, const char *text)
{
    struct host_pattern pattern;
    assert_int_equal(parse_host_pattern(text, &pattern, NULL), 0);
    return policy_remove(policy, action, &pattern, "test");
}

static bool reaches(const struct policy *policy, const char *name, uint16_t port)
{
    struct policy_verdict verdict;
    policy_name(policy, name, port, 100, &verdict);
    return verdict.allowed;
}

static bool reaches_address(const struct policy *policy, const char *text, uint16_t port)
{
    uint8_t address[16];
    int family = strchr(text, ':') ? AF_INET6 : AF_INET;
    assert_int_equal(inet_pton(family, text, address), 1);
    struct policy_verdict verdict;
    policy_address(policy, family, address, port, 100, &verdict);
    return verdict.allowed;
}

static int make(void **state)
{
    *state = policy_new();
    return *state ? 0 : -1;
}

static int unmake(void **state)
{
    policy_free(*state);
    return 0;
}

static void an_empty_policy_refuses_everything(void **state)
{
    assert_false(reaches(*state, "example.org", 443));
    assert_false(policy_name_known(*state, "example.org", 0));
    assert_false(reaches_address(*state, "192.0.2.1", 443));
    assert_false(reaches_address(*state, "2001:db8::1", 443));
}

static void an_exact_name_is_itself_alone(void **state)
{
    add(*state, POLICY_ALLOW, "example.org", 0);
    assert_true(reaches(*state, "example.org", 443));
    assert_true(reaches(*state, "example.org", 80));
    static const char *const others[] = {
        "www.example.org", "org", "evilexample.org", "example.org.evil", "xample.org",
        "example.orgg",    "",    "example.org."};
    for (size_t i = 0; i < array_length(others); i++)
        if (reaches(*state, others[i], 443) || policy_name_known(*state, others[i], 0))
            fail_msg("%s is reached", others[i]);
    assert_false(reaches(*state, "example.org", 22));
    assert_false(reaches(*state, "example.org", 0));
}

static void a_wildcard_is_what_is_below_and_not_itself(void **state)
{
    add(*state, POLICY_ALLOW, "*.example.org", 0);
    assert_true(reaches(*state, "www.example.org", 443));
    assert_true(reaches(*state, "a.b.c.example.org", 443));
    assert_false(reaches(*state, "example.org", 443));
    assert_false(reaches(*state, "evilexample.org", 443));
    assert_false(reaches(*state, "www.example.org.evil", 443));
}

static void a_port_is_that_port(void **state)
{
    add(*state, POLICY_ALLOW, "db:5432", 0);
    assert_true(reaches(*state, "db", 5432));
    assert_false(reaches(*state, "db", 443));
    assert_int_equal(policy_name_known(*state, "db", 0), POLICY_BY_NAME);
}

static void a_lookup_knows_what_a_rule_spells_out(void **state)
{
    add(*state, POLICY_ALLOW, "*.example.org", 0);
    add(*state, POLICY_ALLOW, "www.example.org:22", 0);
    assert_int_equal(policy_name_known(*state, "a.example.org", 0), POLICY_BY_WILDCARD);
    assert_int_equal(policy_name_known(*state, "www.example.org", 0), POLICY_BY_NAME);
    assert_int_equal(policy_name_known(*state, "a.www.example.org", 0), POLICY_BY_WILDCARD);
    assert_int_equal(policy_name_known(*state, "example.org", 0), POLICY_UNKNOWN);
}

static void deny_wins_whatever_the_order_and_height(void **state)
{
    add(*state, POLICY_DENY, "gist.example.org", 0);
    add(*state, POLICY_ALLOW, "*.example.org", 0);
    add(*state, POLICY_ALLOW, "gist.example.org", 0);
    add(*state, POLICY_ALLOW, "x.bad.example.net", 0);
    add(*state, POLICY_DENY, "*.example.net", 0);
    assert_true(reaches(*state, "www.example.org", 443));
    assert_false(reaches(*state, "gist.example.org", 443));
    assert_false(policy_name_known(*state, "gist.example.org", 0));
    assert_false(reaches(*state, "x.bad.example.net", 443));
}

static void a_deny_without_a_port_is_every_port(void **state)
{
    add(*state, POLICY_ALLOW, "example.org:22", 0);
    add(*state, POLICY_DENY, "example.org", 0);
    assert_false(reaches(*state, "example.org", 22));
}

static void a_deny_of_one_port_leaves_the_others(void **state)
{
    add(*state, POLICY_ALLOW, "example.org", 0);
    add(*state, POLICY_DENY, "example.org:80", 0);
    assert_true(reaches(*state, "example.org", 443));
    assert_false(reaches(*state, "example.org", 80));
    assert_true(policy_name_known(*state, "example.org", 0));
}

static void the_verdict_names_the_rule(void **state)
{
    add(*state, POLICY_ALLOW, "*.example.org:8443", 0);
    struct policy_verdict verdict;
    policy_name(*state, "a.b.example.org", 8443, 0, &verdict);
    assert_true(verdict.allowed && verdict.matched);
    assert_false(verdict.exact);
    assert_string_equal(verdict.rule.name, "example.org");
    assert_int_equal(verdict.rule.kind, HOST_WILDCARD);
    assert_int_equal(verdict.rule.port, 8443);
    assert_string_equal(verdict.origin, "test");
    policy_name(*state, "elsewhere.net", 443, 0, &verdict);
    assert_false(verdict.matched);
    assert_string_equal(verdict.origin, "");
}

static void a_grant_ends(void **state)
{
    add(*state, POLICY_ALLOW, "example.org", 100);
    struct policy_verdict verdict;
    policy_name(*state, "example.org", 443, 99, &verdict);
    assert_true(verdict.allowed);
    policy_name(*state, "example.org", 443, 100, &verdict);
    assert_false(verdict.allowed);
    assert_true(policy_name_known(*state, "example.org", 99));
    assert_false(policy_name_known(*state, "example.org", 100));
}

static void what_was_removed_is_gone_and_its_room_is_used_again(void **state)
{
    for (int round = 0; round < 3; round++) {
        add(*state, POLICY_ALLOW, "example.org", 0);
        add(*state, POLICY_ALLOW, "example.org:22", 0);
        assert_int_equal(drop(*state, POLICY_DENY, "example.org"), 0);
        assert_int_equal(drop(*state, POLICY_ALLOW, "*.example.org"), 0);
        assert_int_equal(drop(*state, POLICY_ALLOW, "example.org"), 1);
        assert_false(reaches(*state, "example.org", 443));
        assert_true(reaches(*state, "example.org", 22));
        assert_int_equal(drop(*state, POLICY_ALLOW, "example.org:22"), 1);
        assert_false(policy_name_known(*state, "example.org", 0));
    }
    assert_int_equal(drop(*state, POLICY_ALLOW, "never.example"), 0);
}

static void networks_hold_their_addresses(void **state)
{
    add(*state, POLICY_ALLOW, "203.0.113.0/24", 0);
    add(*state, POLICY_DENY, "203.0.113.66", 0);
    add(*state, POLICY_ALLOW, "[2001:db8:1::/48]:8080", 0);
    assert_true(reaches_address(*state, "203.0.113.7", 443));
    assert_false(reaches_address(*state, "203.0.113.66", 443));
    assert_false(reaches_address(*state, "203.0.112.7", 443));
    assert_true(reaches_address(*state, "2001:db8:1:ffff::1", 8080));
    assert_false(reaches_address(*state, "2001:db8:2::1", 8080));
    assert_false(reaches_address(*state, "2001:db8:1::1", 443));
    assert_false(reaches(*state, "203.0.113.7", 443)); /* a name is no address */
}

static void special_addresses_are_told(void **state)
{
    (void)state;
    static const char *const special[] = {
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "224.0.0.251",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::a00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "fe80::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "2001::1",
        "2001:db8::1",
        "2002:a00:1::1",
        "fec0::1",
        "100::1",
        "3fff::1",
    };
    static const char *const ordinary[] = {
        "8.8.8.8",     "100.63.255.255", "100.128.0.1",      "172.15.0.1", "172.32.0.1",
        "198.17.0.1",  "198.20.0.1",     "223.255.255.255",  "11.0.0.1",   "2606:4700::1",
        "2a00:1450::", "2001:4860::1",   "64:ff9b::808:808",
    };
    uint8_t address[16];
    for (size_t i = 0; i < array_length(special); i++) {
        int family = strchr(special[i], ':') ? AF_INET6 : AF_INET;
        assert_int_equal(inet_pton(family, special[i], address), 1);
        if (!address_is_special(family, address))
            fail_msg("%s passes for ordinary", special[i]);
    }
    for (size_t i = 0; i < array_length(ordinary); i++) {
        int family = strchr(ordinary[i], ':') ? AF_INET6 : AF_INET;
        assert_int_equal(inet_pton(family, ordinary[i], address), 1);
        if (address_is_special(family, address))
            fail_msg("%s passes for special", ordinary[i]);
    }
    assert_true(address_is_special(AF_UNIX, address));
}

static void many_rules_are_all_found(void **state)
{
    struct host_pattern pattern = {.kind = HOST_EXACT};
    enum { MANY = 50000 };
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(pattern.name, sizeof pattern.name, "n%d.example.org", i);
        pattern.kind = i % 2 ? HOST_WILDCARD : HOST_EXACT;
        assert_int_equal(policy_add(*state, POLICY_ALLOW, &pattern, "many", 0), 0);
    }
    char name[64];
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof name, "%sn%d.example.org", i % 2 ? "x." : "", i);
        if (!reaches(*state, name, 443))
            fail_msg("%s is not found", name);
    }
    assert_false(reaches(*state, "n50000.example.org", 443));
}

/* Keys of every length: within their subject, and outside of it. */
static void names_of_every_length_are_told_apart(void **state)
{
    char name[254], other[254];
    for (size_t length = 1; length < sizeof name; length++) {
        for (size_t i = 0; i < length; i++)
            name[i] = i % 50 == 49 && i + 1 < length ? '.' : 'a';
        name[length] = '\0';
        add(*state, POLICY_ALLOW, name, 0);
    }
    for (size_t length = 1; length < sizeof name; length++) {
        for (size_t i = 0; i < length; i++)
            name[i] = i % 50 == 49 && i + 1 < length ? '.' : 'a';
        name[length] = '\0';
        assert_true(reaches(*state, name, 443));
        memcpy(other, name, sizeof other);
        other[length / 2] = 'b';
        assert_false(reaches(*state, other, 443));
        assert_int_equal(drop(*state, POLICY_ALLOW, name), 1);
        assert_false(reaches(*state, name, 443));
    }
}

static void a_name_of_127_labels_has_as_many_parents(void **state)
{
    char deep[254];
    for (size_t i = 0; i < 253; i++)
        deep[i] = i % 2 ? '.' : 'x';
    deep[253] = '\0';
    add(*state, POLICY_ALLOW, deep, 0);
    assert_true(reaches(*state, deep, 443));
    assert_int_equal(drop(*state, POLICY_ALLOW, deep), 1);
    add(*state, POLICY_ALLOW, "*.x", 0);
    assert_true(reaches(*state, deep, 443));
    assert_false(reaches(*state, "x", 443));
    char parent[254];
    (void)snprintf(parent, sizeof parent, "*.%s", deep + 2);
    add(*state, POLICY_DENY, parent, 0);
    assert_false(reaches(*state, deep, 443));
    assert_true(reaches(*state, deep + 2, 443));
}

/* One subject with many rules: each goes alone, from wherever it is in the list. */
static void the_rules_of_one_name_come_and_go_one_by_one(void **state)
{
    static const uint16_t orders[][3] = {{1, 2, 3}, {3, 2, 1}, {2, 1, 3}, {2, 3, 1}};
    for (size_t i = 0; i < array_length(orders); i++) {
        for (uint16_t port = 1; port <= 3; port++) {
            char text[32];
            (void)snprintf(text, sizeof text, "example.org:%u", port);
            add(*state, POLICY_ALLOW, text, 0);
        }
        for (size_t k = 0; k < 3; k++) {
            char text[32];
            (void)snprintf(text, sizeof text, "example.org:%u", orders[i][k]);
            assert_int_equal(drop(*state, POLICY_ALLOW, text), 1);
            for (size_t j = 0; j < 3; j++)
                assert_int_equal(reaches(*state, "example.org", orders[i][j]), j > k);
        }
    }
}

#define policy_test(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        policy_test(an_empty_policy_refuses_everything),
        policy_test(an_exact_name_is_itself_alone),
        policy_test(a_wildcard_is_what_is_below_and_not_itself),
        policy_test(a_port_is_that_port),
        policy_test(a_lookup_knows_what_a_rule_spells_out),
        policy_test(deny_wins_whatever_the_order_and_height),
        policy_test(a_deny_without_a_port_is_every_port),
        policy_test(a_deny_of_one_port_leaves_the_others),
        policy_test(the_verdict_names_the_rule),
        policy_test(a_grant_ends),
        policy_test(what_was_removed_is_gone_and_its_room_is_used_again),
        policy_test(networks_hold_their_addresses),
        cmocka_unit_test(special_addresses_are_told),
        policy_test(many_rules_are_all_found),
        policy_test(names_of_every_length_are_told_apart),
        policy_test(a_name_of_127_labels_has_as_many_parents),
        policy_test(the_rules_of_one_name_come_and_go_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
