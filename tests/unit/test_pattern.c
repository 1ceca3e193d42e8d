/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/pattern.c init/net/policy.c init/net/policy_table.c init/net/special.c */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "init/net/pattern.h"
#include "init/net/policy.h"
#include "shared/cleanup.h"

static struct host_pattern pattern(const char *text)
{
    struct host_pattern parsed;
    const char *why = "";
    if (parse_host_pattern(text, &parsed, &why) < 0)
        fail_msg("%s: %s", text, why);
    return parsed;
}

static void a_pattern_has_one_spelling(void **state)
{
    static const char *const same[] = {"example.com",   "*.example.com", "*.example.com:8443",
                                       "192.0.2.1",     "192.0.2.1:22",  "10.0.0.0/8",
                                       "10.0.0.0/8:53", "2001:db8::1",   "[2001:db8::1]:1",
                                       "2001:db8::/32", "::/0",          "[::/0]:443"};
    static const char *const others[][2] = {{"Example.COM", "example.com"},
                                            {"192.0.2.1/32", "192.0.2.1"},
                                            {"2001:DB8:0::1", "2001:db8::1"},
                                            {"[2001:db8::1]", "2001:db8::1"}};
    char text[PATTERN_TEXT_MAX], longest[300];
    (void)state;
    for (size_t i = 0; i < array_length(same); i++) {
        const struct host_pattern parsed = pattern(same[i]);
        assert_string_equal(pattern_print(&parsed, text), same[i]);
    }
    for (size_t i = 0; i < array_length(others); i++) {
        const struct host_pattern parsed = pattern(others[i][0]);
        assert_string_equal(pattern_print(&parsed, text), others[i][1]);
    }
    (void)snprintf(longest, sizeof longest, "*.%.63s.%.63s.%.63s.%.61s:65535",
                   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    const struct host_pattern parsed = pattern(longest);
    assert_string_equal(pattern_print(&parsed, text), longest);
}

static void what_a_denial_is_about(void **state)
{
    static const struct {
        const char *deny, *name;
        uint16_t port;
        bool denied;
    } cases[] = {
        {"example.com", "example.com", 443, true},
        {"example.com", "example.com", 22, true},
        {"example.com:22", "example.com", 22, true},
        {"example.com:22", "example.com", 443, false},
        {"example.com", "www.example.com", 443, false},
        {"*.example.com", "example.com", 443, false},
        {"*.example.com", "a.b.example.com", 443, true},
        {"*.example.com", "aexample.com", 443, false},
        {"*.example.com", ".example.com", 443, false},
        {"0.0.0.0/0", "example.com", 443, false},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        const struct host_pattern deny = pattern(cases[i].deny);
        if (pattern_denies_name(&deny, cases[i].name, cases[i].port) != cases[i].denied)
            fail_msg("%s and %s:%u", cases[i].deny, cases[i].name, cases[i].port);
    }
    const uint8_t address[4] = {10, 1, 2, 3};
    const struct host_pattern nine = pattern("10.0.0.0/9"), other = pattern("10.128.0.0/9"),
                              one = pattern("10.1.2.3:80"), all6 = pattern("::/0");
    assert_true(pattern_denies_address(&nine, AF_INET, address, 1));
    assert_false(pattern_denies_address(&other, AF_INET, address, 1));
    assert_true(pattern_denies_address(&one, AF_INET, address, 80));
    assert_false(pattern_denies_address(&one, AF_INET, address, 81));
    assert_false(pattern_denies_address(&all6, AF_INET, address, 80));
}

static const struct {
    const char *deny, *allow;
    bool all, some;
} pairs[] = {
    {"example.com", "example.com", true, true},
    {"example.com", "example.com:22", true, true},
    {"example.com:22", "example.com:22", true, true},
    {"example.com:22", "example.com", false, false},
    {"example.com:443", "example.com", false, true},
    {"*.example.com", "a.example.com", true, true},
    {"*.example.com", "*.a.example.com", true, true},
    {"*.a.example.com", "*.example.com", false, true},
    {"a.example.com", "*.example.com", false, true},
    {"*.example.com", "*.example.com", true, true},
    {"*.example.com", "example.com", false, false},
    {"example.com", "*.example.com", false, false},
    {"10.0.0.0/8", "10.1.2.3", true, true},
    {"10.1.2.3", "10.0.0.0/8", false, true},
    {"10.0.0.0/8", "11.0.0.0/8", false, false},
    {"10.0.0.0/8:53", "10.0.0.0/8", false, false},
    {"::/0", "10.1.2.3", false, false},
    {"10.0.0.0/8", "example.com", false, false},
};

static void what_a_denial_takes_away(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(pairs); i++) {
        const struct host_pattern deny = pattern(pairs[i].deny),
                                  allow = pattern(pairs[i].allow);
        if (pattern_denies_all(&deny, &allow) != pairs[i].all ||
            pattern_denies_some(&deny, &allow) != pairs[i].some)
            fail_msg("%s and %s", pairs[i].deny, pairs[i].allow);
    }
}

/* The two modules read the same rules: where a pattern takes all away, nothing is left. */
static void policy_agrees(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(pairs); i++) {
        const struct host_pattern deny = pattern(pairs[i].deny),
                                  allow = pattern(pairs[i].allow);
        struct policy_verdict verdict;
        if (allow.kind != HOST_EXACT)
            continue;
        struct policy *policy = policy_new();
        assert_int_equal(policy_add(policy, POLICY_ALLOW, &allow, "", 0), 0);
        assert_int_equal(policy_add(policy, POLICY_DENY, &deny, "", 0), 0);
        bool left = policy_name_known(policy, allow.name, 0);
        for (uint32_t port = 1; port <= UINT16_MAX; port++) {
            policy_name(policy, allow.name, (uint16_t)port, 0, &verdict);
            left = left && (verdict.allowed || !pairs[i].all);
            if (verdict.allowed && pairs[i].all)
                fail_msg("%s leaves %s:%u", pairs[i].deny, pairs[i].allow, port);
        }
        policy_free(policy);
    }
}

static void rules_by_hand_are_forgotten_alone(void **state)
{
    struct policy *policy = policy_new();
    struct policy_verdict verdict;
    const struct host_pattern host = pattern("example.com");
    (void)state;
    assert_int_equal(policy_add(policy, POLICY_ALLOW, &host, "allow", 0), 0);
    assert_int_equal(policy_add(policy, POLICY_ALLOW, &host, "by hand", 0), 0);
    assert_int_equal(policy_remove(policy, POLICY_ALLOW, &host, "by hand"), 1);
    policy_name(policy, "example.com", 443, 0, &verdict);
    assert_true(verdict.allowed);
    assert_string_equal(verdict.origin, "allow");
    policy_free(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_has_one_spelling),
        cmocka_unit_test(what_a_denial_is_about),
        cmocka_unit_test(what_a_denial_takes_away),
        cmocka_unit_test(policy_agrees),
        cmocka_unit_test(rules_by_hand_are_forgotten_alone),
    };
    return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
