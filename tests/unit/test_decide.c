/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/decide.c init/net/policy.c init/net/policy_table.c init/net/special.c */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "init/net/decide.h"

static void rule(struct policy *policy, enum policy_action action, const char *text)
{
    struct host_pattern pattern;
    assert_int_equal(parse_host_pattern(text, &pattern, NULL), 0);
    assert_int_equal(policy_add(policy, action, &pattern, "test", 0), 0);
}

static int make(void **state)
{
    *state = policy_new();
    if (!*state)
        return -1;
    rule(*state, POLICY_ALLOW, "allowed.example");
    rule(*state, POLICY_ALLOW, "*.wild.example");
    rule(*state, POLICY_ALLOW, "git.example:22");
    rule(*state, POLICY_ALLOW, "db:5432");
    rule(*state, POLICY_ALLOW, "host.docker.internal:11434");
    rule(*state, POLICY_ALLOW, "203.0.113.7");
    rule(*state, POLICY_ALLOW, "203.0.113.8:22");
    rule(*state, POLICY_DENY, "203.0.113.9");
    return 0;
}

static int unmake(void **state)
{
    policy_free(*state);
    return 0;
}

static struct address address_of(const char *text)
{
    struct address address = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};
    assert_int_equal(inet_pton(address.family, text, address.bytes), 1);
    return address;
}

static enum decision first(const struct policy *policy, bool open, const char *address,
                           const char *name, uint16_t port)
{
    enum protocol protocol;
    const struct destination destination = {
        .address = address_of(address), .port = port, .name = name};
    return decide_first(policy, open, 0, &destination, &protocol);
}

static void what_has_a_name_inside_is_listened_to(void **state)
{
    enum protocol protocol;
    struct destination destination = {
        .address = address_of("198.18.0.1"), .port = 443, .name = "allowed.example"};
    assert_int_equal(decide_first(*state, false, 0, &destination, &protocol), DECISION_LISTEN);
    assert_int_equal(protocol, PROTOCOL_TLS);
    destination.port = 80;
    assert_int_equal(decide_first(*state, false, 0, &destination, &protocol), DECISION_LISTEN);
    assert_int_equal(protocol, PROTOCOL_HTTP);
    /* Also where the client dialled an address: it may say an allowed name. */
    assert_int_equal(first(*state, false, "192.0.2.1", NULL, 443), DECISION_LISTEN);
}

static void other_ports_go_by_the_synthetic_address_alone(void **state)
{
    assert_int_equal(first(*state, false, "198.18.0.2", "git.example", 22), DECISION_NAME);
    assert_int_equal(first(*state, false, "198.18.0.2", "git.example", 2222), DECISION_REFUSE);
    assert_int_equal(first(*state, false, "198.18.0.1", "allowed.example", 22),
                     DECISION_REFUSE);
    assert_int_equal(first(*state, false, "192.0.2.1", NULL, 22), DECISION_REFUSE);
}

static void an_address_passes_only_by_a_rule_that_lists_it(void **state)
{
    assert_int_equal(first(*state, false, "203.0.113.7", NULL, 443), DECISION_ADDRESS);
    assert_int_equal(first(*state, false, "203.0.113.7", NULL, 22), DECISION_REFUSE);
    assert_int_equal(first(*state, false, "203.0.113.8", NULL, 22), DECISION_ADDRESS);
    /* A denied one is not even listened to. */
    assert_int_equal(first(*state, false, "203.0.113.9", NULL, 443), DECISION_REFUSE);
}

static void open_passes_everything(void **state)
{
    assert_int_equal(first(*state, true, "192.0.2.1", NULL, 22), DECISION_ADDRESS);
    assert_int_equal(first(*state, true, "198.18.0.9", "other.example", 22), DECISION_NAME);
}

static void the_said_name_must_be_allowed_on_the_port(void **state)
{
    assert_true(decide_said(*state, 0, "allowed.example", 443));
    assert_true(decide_said(*state, 0, "a.wild.example", 80));
    assert_false(decide_said(*state, 0, "git.example", 443));
    assert_false(decide_said(*state, 0, "allowed.example.evil", 443));
    assert_false(decide_said(*state, 0, "", 443));
}

static bool leads(const struct policy *policy, bool private, const char *name, uint16_t port,
                  const char *address)
{
    const struct address to = address_of(address);
    return decide_address(policy, private, 0, name, port, &to);
}

static void promise_5_no_name_leads_to_a_special_address(void **state)
{
    assert_true(leads(*state, false, "allowed.example", 443, "8.8.8.8"));
    assert_true(leads(*state, false, "allowed.example", 443, "2606:4700::1"));
    static const char *const inside[] = {"10.0.0.1", "172.17.0.1", "192.168.1.1", "100.64.0.1",
                                         "fd00::1"};
    static const char *const never[] = {
        "127.0.0.1",       "169.254.169.254",    "224.0.0.251", "::1",       "fe80::1",
        "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "0.0.0.0",     "198.18.0.1"};
    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
        assert_false(leads(*state, false, "allowed.example", 443, inside[i]));
        assert_false(leads(*state, false, "a.wild.example", 443, inside[i]));
        assert_true(leads(*state, true, "allowed.example", 443, inside[i]));
        /* Rules that name what cannot be on the internet. */
        assert_true(leads(*state, false, "db", 5432, inside[i]));
        assert_true(leads(*state, false, "host.docker.internal", 11434, inside[i]));
        assert_false(leads(*state, false, "db", 22, inside[i]));
    }
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        assert_false(leads(*state, false, "allowed.example", 443, never[i]));
        assert_false(leads(*state, true, "allowed.example", 443, never[i]));
        assert_false(leads(*state, true, "db", 5432, never[i]));
    }
}

#define decide_test(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        decide_test(what_has_a_name_inside_is_listened_to),
        decide_test(other_ports_go_by_the_synthetic_address_alone),
        decide_test(an_address_passes_only_by_a_rule_that_lists_it),
        decide_test(open_passes_everything),
        decide_test(the_said_name_must_be_allowed_on_the_port),
        decide_test(promise_5_no_name_leads_to_a_special_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
