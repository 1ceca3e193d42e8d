/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/rules.c init/net/rules_print.c */
#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "init/net/rules.h"
#include "shared/buf.h"
#include "shared/io.h"

static const struct port web = {.family = AF_INET,
                                .host_ip = "0.0.0.0",
                                .host = 8080,
                                .container = 8080,
                                .protocol = IPPROTO_TCP};
static const struct port web6 = {.family = AF_INET6,
                                 .host_ip = "::",
                                 .host = 8080,
                                 .container = 8080,
                                 .protocol = IPPROTO_TCP};

static struct rules_input with_gate(enum network_mode mode)
{
    return (struct rules_input){
        .mode = mode, .gate_port = 15001, .resolver_port = 53, .gate_uid = 64999};
}

static const struct {
    const char *name;
    enum network_mode mode;
    bool sever;
    bool gate;
} sets[] = {
    {"open", NETWORK_OPEN, false, true},
    {"allowlist", NETWORK_ALLOWLIST, false, true},
    {"allowlist", NETWORK_API, false, true},
    {"lockdown", NETWORK_LOCKDOWN, false, true},
    {"lockdown", NETWORK_SEALED, false, true},
    {"sever", NETWORK_LOCKDOWN, true, true},
    {"open.no-gate", NETWORK_OPEN, false, false},
    {"allowlist.no-gate", NETWORK_ALLOWLIST, false, false},
    {"lockdown.no-gate", NETWORK_LOCKDOWN, false, false},
    {"sever.no-gate", NETWORK_SEALED, true, false},
};

static char *printed(const struct rules_input *input, int family, enum rule_table table)
{
    cleanup_ruleset struct ruleset set = {0};
    struct buf out = BUF_INIT(1 << 20);
    assert_int_equal(ruleset_build(input, family, table, &set), 0);
    assert_int_equal(ruleset_print(&set, &out), 0);
    return buf_take(&out);
}

static void compare(const char *file, const struct rules_input *input, int family,
                    enum rule_table table)
{
    char path[128];
    cleanup_buf struct buf expected = BUF_INIT(1 << 16);
    (void)snprintf(path, sizeof path, "tests/unit/rules/%s.%s.v%d", rule_table_name(table),
                   file, family == AF_INET ? 4 : 6);
    cleanup_free char *text = printed(input, family, table);
    assert_int_equal(read_regular_file(AT_FDCWD, path, &expected), 0);
    if (strcmp(text, expected.data) != 0)
        print_error("not as in %s\n", path);
    assert_string_equal(text, expected.data);
}

static void every_mode_prints_its_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(sets); i++) {
        struct rules_input input = {0};
        if (sets[i].gate)
            input = with_gate(sets[i].mode);
        input.mode = sets[i].mode;
        input.sever = sets[i].sever;
        input.ports = &web;
        input.port_count = 1;
        compare(sets[i].name, &input, AF_INET, RULE_FILTER);
        input.ports = &web6;
        compare(sets[i].name, &input, AF_INET6, RULE_FILTER);
    }
}

static void compare_constant(enum rule_table table)
{
    for (enum network_mode mode = NETWORK_OPEN; mode <= NETWORK_SEALED; mode++) {
        for (int six = 0; six < 2; six++) {
            struct rules_input input = with_gate(mode);
            int family = six ? AF_INET6 : AF_INET;
            char path[64];
            cleanup_buf struct buf expected = BUF_INIT(1 << 16);
            (void)snprintf(path, sizeof path, "tests/unit/rules/%s.v%d", rule_table_name(table),
                           six ? 6 : 4);
            cleanup_free char *text = printed(&input, family, table);
            assert_int_equal(read_regular_file(AT_FDCWD, path, &expected), 0);
            assert_string_equal(text, expected.data);
        }
    }
}

static void guard_and_redirects_are_the_same_in_every_mode(void **state)
{
    (void)state;
    compare_constant(RULE_MANGLE);
    compare_constant(RULE_NAT);
}

static void without_a_gate_the_guard_stands_and_nothing_is_redirected(void **state)
{
    (void)state;
    struct rules_input gate = with_gate(NETWORK_OPEN);
    struct rules_input none = {.mode = NETWORK_OPEN};
    cleanup_free char *guard = printed(&gate, AF_INET6, RULE_MANGLE);
    cleanup_free char *without = printed(&none, AF_INET6, RULE_MANGLE);
    cleanup_free char *nat = printed(&none, AF_INET, RULE_NAT);
    assert_string_equal(guard, without);
    assert_string_equal(nat, "*nat\nCOMMIT\n");
}

static void closed_has_policies_and_no_rule(void **state)
{
    (void)state;
    struct ruleset closed = ruleset_closed(AF_INET);
    cleanup_buf struct buf out = BUF_INIT(1 << 10);
    assert_int_equal(ruleset_print(&closed, &out), 0);
    assert_string_equal(out.data, "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n"
                                  ":OUTPUT DROP [0:0]\nCOMMIT\n");
}

static const char *inbound(const struct port *port, int family, enum network_mode mode)
{
    static char rules[1024];
    struct rules_input input = {.mode = mode, .ports = port, .port_count = 1};
    inet_pton(AF_INET, "172.18.0.1", &input.gateway);
    inet_pton(AF_INET6, "fd00::1", &input.gateway6);
    cleanup_free char *text = printed(&input, family, RULE_FILTER);
    rules[0] = '\0';
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        if (strncmp(line, "-A INPUT", 8) == 0 && strstr(line, "PASS")) {
            assert_true(strlen(rules) + strlen(line) < sizeof rules);
            strcat(rules, line);
        }
    return rules;
}

#define SYN_NEW " --tcp-flags FIN,SYN,RST,ACK SYN -m conntrack --ctstate NEW -j PASS"

static void ports_are_for_the_gateway_unless_published_wider(void **state)
{
    (void)state;
    struct port here = {
        .family = AF_INET, .host_ip = "127.0.0.1", .container = 3000, .protocol = IPPROTO_TCP};
    struct port here6 = here;
    here6.family = AF_INET6;
    strcpy(here6.host_ip, "::1");
    assert_string_equal(inbound(&here, AF_INET, NETWORK_OPEN),
                        "-A INPUT -s 172.18.0.1/32 -p tcp -m tcp --dport 3000" SYN_NEW);
    assert_string_equal(inbound(&here, AF_INET6, NETWORK_ALLOWLIST),
                        "-A INPUT -s fd00::1/128 -p tcp -m tcp --dport 3000" SYN_NEW);
    assert_string_equal(inbound(&here6, AF_INET, NETWORK_API),
                        "-A INPUT -s 172.18.0.1/32 -p tcp -m tcp --dport 3000" SYN_NEW);
    assert_string_equal(inbound(&web, AF_INET, NETWORK_ALLOWLIST),
                        "-A INPUT -p tcp -m tcp --dport 8080" SYN_NEW);
    /* A v4 address of the host, however wide, leads nobody to the box's v6 one. */
    assert_string_equal(inbound(&web, AF_INET6, NETWORK_ALLOWLIST),
                        "-A INPUT -s fd00::1/128 -p tcp -m tcp --dport 8080" SYN_NEW);
    assert_string_equal(inbound(&web6, AF_INET6, NETWORK_ALLOWLIST),
                        "-A INPUT -p tcp -m tcp --dport 8080" SYN_NEW);
    assert_string_equal(inbound(&web, AF_INET, NETWORK_LOCKDOWN), "");
    assert_string_equal(inbound(&web6, AF_INET6, NETWORK_SEALED), "");
}

static void a_port_without_a_gateway_is_for_nobody(void **state)
{
    (void)state;
    struct port here = {
        .family = AF_INET, .host_ip = "127.0.0.1", .container = 3000, .protocol = IPPROTO_TCP};
    struct rules_input input = {.mode = NETWORK_OPEN, .ports = &here, .port_count = 1};
    cleanup_free char *v4 = printed(&input, AF_INET, RULE_FILTER);
    cleanup_free char *v6 = printed(&input, AF_INET6, RULE_FILTER);
    assert_null(strstr(v4, "3000"));
    assert_null(strstr(v6, "3000"));
}

static void udp_ports_answer_only_who_asked(void **state)
{
    (void)state;
    struct port dns = {
        .family = AF_INET, .host_ip = "0.0.0.0", .container = 5353, .protocol = IPPROTO_UDP};
    struct rules_input input = {.mode = NETWORK_ALLOWLIST, .ports = &dns, .port_count = 1};
    cleanup_free char *text = printed(&input, AF_INET, RULE_FILTER);
    assert_non_null(strstr(text, "-A INPUT -p udp -m udp --dport 5353 -m conntrack --ctstate "
                                 "NEW,ESTABLISHED --ctdir ORIGINAL -j PASS\n"));
    assert_non_null(strstr(text, "-A OUTPUT -p udp -m udp --sport 5353 -m conntrack --ctstate "
                                 "ESTABLISHED --ctdir REPLY -m connmark --mark 0x1/0x1 "
                                 "-j ACCEPT\n"));
    input.mode = NETWORK_LOCKDOWN;
    cleanup_free char *locked = printed(&input, AF_INET, RULE_FILTER);
    assert_null(strstr(locked, "5353"));
}

/* Whatever else changes: outside `open` nothing new of the agent's is let out. */
static void nothing_new_leaves_but_the_gate(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(sets); i++) {
        if (sets[i].mode == NETWORK_OPEN)
            continue;
        struct rules_input input = {.mode = sets[i].mode, .sever = sets[i].sever};
        if (sets[i].gate)
            input = with_gate(sets[i].mode);
        cleanup_ruleset struct ruleset set = {0};
        assert_int_equal(ruleset_build(&input, AF_INET6, RULE_FILTER, &set), 0);
        assert_int_equal(set.rules[set.count - 1].target, TARGET_JUMP);
        assert_int_equal(set.rules[set.count - 1].to, CHAIN_DENY);
        for (size_t r = 0; r < set.count; r++) {
            const struct rule *rule = &set.rules[r];
            bool lets = rule->target == TARGET_ACCEPT ||
                        (rule->target == TARGET_JUMP && rule->to == CHAIN_PASS);
            if (rule->chain != CHAIN_OUTPUT || !lets)
                continue;
            bool established = rule->states == STATE_ESTABLISHED;
            bool local = rule->out == DEVICE_LO || rule->destination.prefix == 128;
            bool gate = rule->by_owner && rule->owner == input.gate_uid;
            assert_true(established || local || gate || rule->neighbour);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mode_prints_its_file),
        cmocka_unit_test(guard_and_redirects_are_the_same_in_every_mode),
        cmocka_unit_test(without_a_gate_the_guard_stands_and_nothing_is_redirected),
        cmocka_unit_test(closed_has_policies_and_no_rule),
        cmocka_unit_test(ports_are_for_the_gateway_unless_published_wider),
        cmocka_unit_test(a_port_without_a_gateway_is_for_nobody),
        cmocka_unit_test(udp_ports_answer_only_who_asked),
        cmocka_unit_test(nothing_new_leaves_but_the_gate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
