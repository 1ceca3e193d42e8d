/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/policy/wide.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/policy/wide.h"
#include "shared/cleanup.h"

static void what_is_wide_says_how_wide(void **state)
{
    static const char *const cases[][2] = {
        {"0.0.0.0/0", "every IPv4 address there is"},
        {"0.0.0.0/0:22", "every IPv4 address there is"},
        {"::/0", "every IPv6 address there is"},
        {"[::/0]:443", "every IPv6 address there is"},
        {"128.0.0.0/1", "2147483648 IPv4 addresses"},
        {"203.0.112.0/23", "512 IPv4 addresses"},
        {"2a00::/12", "2^116 IPv6 addresses"},
        {"*.com", "anybody can have a name below it"},
        {"*.com:8443", "anybody can have a name below it"},
        {"*.github.io", "anybody can have a name below it"},
        {"*.io", "below it"},
        {"*.core.windows.net", "in blob.core.windows.net"},
        {"*.b.blob.core.windows.net", "in blob.core.windows.net"},
        {"*.eu.amazonaws.com", "in amazonaws.com"},
        {"*.co.uk", "anybody can have a name below it"},
        {"*.trycloudflare.com", "anybody can have a name below it"},
        {"*.duckdns.org", "anybody can have a name below it"},
        {"*.com.au", "anybody can have a name below it"},
        {"169.254.169.254", "keys there"},
        {"169.254.170.2:80", "keys there"},
        {"169.254.169.0/24", "keys there"},
        {"64:ff9b::a9fe:a9fe", "keys there"},
        {"64:ff9b::169.254.169.254", "keys there"},
        {"[64:ff9b::a9fe:a900/120]:80", "keys there"},
        {"64:ff9b::/96", "keys there"},
        {"fe80::1", "keys there"},
        {"febf::/64", "keys there"},
        {"fd00:ec2::254", "keys there"},
        {"[fd00:ec2::254]:80", "keys there"},
        {"fd20:ce::/64", "keys there"},
        {"100.100.100.200", "keys there"},
        {"168.63.129.16:80", "keys there"},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        char out[WIDE_TEXT_MAX];
        const char *wide = wide_pattern(cases[i][0], out);
        if (!wide || !strstr(wide, cases[i][1]))
            fail_msg("%s: %s", cases[i][0], wide ? wide : "not wide");
    }
}

static void the_usual_is_not_wide(void **state)
{
    static const char *const usual[] = {"example.com",
                                        "com",
                                        "github.io",
                                        "me.github.io",
                                        "*.example.com",
                                        "*.co.example",
                                        "*.x.co.uk",
                                        "*.notgithub.io",
                                        "192.0.2.1",
                                        "192.0.2.0/24",
                                        "2001:db8::/64",
                                        "2001:db8::1:1",
                                        "*.example.co.uk",
                                        "https://x",
                                        "",
                                        "10.0.0.1:5432",
                                        "172.17.0.1:11434",
                                        "169.253.255.255",
                                        "100.100.100.201",
                                        "fec0::1",
                                        "fd00:ec3::254",
                                        "64:ff9b::a00:1",
                                        "fd20:ce::253"};
    (void)state;
    for (size_t i = 0; i < array_length(usual); i++) {
        char out[WIDE_TEXT_MAX];
        if (wide_pattern(usual[i], out))
            fail_msg("%s: %s", usual[i], out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wide_says_how_wide),
        cmocka_unit_test(the_usual_is_not_wide),
    };
    return cmocka_run_group_tests_name("wide", tests, NULL, NULL);
}
