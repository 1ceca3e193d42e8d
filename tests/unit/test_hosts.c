/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/hosts.c */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "init/net/hosts.h"

static const char text[] = "127.0.0.1\tlocalhost\n"
                           "::1 localhost ip6-localhost # comment two\n"
                           "10.0.0.2  DB.Example db\r\n"
                           "fd00::2 db\n"
                           "# 10.0.0.3 commented\n"
                           "10.0.0.4\n"
                           "not-an-address name\n"
                           "10.0.0.5 bad_/name good\n"
                           "10.0.0.6 last";

static void names_and_addresses(void **state)
{
    struct hosts hosts = {.count = 0};
    struct addresses found;
    char words[INET6_ADDRSTRLEN];
    (void)state;
    assert_int_equal(hosts_read(&hosts, text), 0);
    const struct address *db = hosts_address(&hosts, "db.example", AF_INET);
    assert_non_null(db);
    assert_string_equal(inet_ntop(AF_INET, db->bytes, words, sizeof words), "10.0.0.2");
    assert_string_equal(hosts_name(&hosts, db), "db.example");
    assert_null(hosts_address(&hosts, "db.example", AF_INET6));
    assert_true(hosts_addresses(&hosts, "db", &found));
    assert_int_equal(found.count, 2);
    assert_int_equal(found.list[1].family, AF_INET6);
    assert_non_null(hosts_address(&hosts, "good", AF_INET));
    assert_non_null(hosts_address(&hosts, "last", AF_INET));
    static const char *const none[] = {"commented", "comment", "name", "two", "", "d"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(hosts_addresses(&hosts, none[i], &found));
    const struct address other = {.family = AF_INET, .bytes = {10, 0, 0, 9}};
    assert_null(hosts_name(&hosts, &other));
}

static void a_long_file_ends_somewhere(void **state)
{
    struct hosts hosts = {.count = 0};
    char many[4096] = "10.0.0.1";
    (void)state;
    for (int i = 0; i < 2 * HOSTS_NAMES_MAX; i++)
        (void)sprintf(many + strlen(many), " name%d", i);
    assert_int_equal(hosts_read(&hosts, many), 0);
    assert_int_equal(hosts.count, HOSTS_NAMES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_addresses),
        cmocka_unit_test(a_long_file_ends_somewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
