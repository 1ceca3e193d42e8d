/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/route.c */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "init/net/route.h"
#include "shared/cleanup.h"

static void v4_default_route(void **state)
{
    (void)state;
    static const char *const others[] = {
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
        "eth0\t000012AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0", /* the network itself */
        "eth0\t00000000\t010012AC\t0002\t0\t0\t0\t00000000\t0\t0\t0", /* down */
        "eth0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0", /* no gateway */
        "eth0\t00000000\t010012AC\t0003\t0\t0\t0\t000000FF\t0\t0\t0", /* 0.0.0.0/8 */
        "",
        "\xff\xfe",
    };
    struct in_addr gateway;
    unsigned metric;
    assert_int_equal(
        route_parse_v4("eth0\t00000000\t010012AC\t0003\t0\t0\t7\t00000000\t0\t0\t0", &gateway,
                       &metric),
        0);
    assert_int_equal(gateway.s_addr, 0x010012AC);
    assert_int_equal(metric, 7);
    for (size_t i = 0; i < array_length(others); i++)
        assert_int_equal(route_parse_v4(others[i], &gateway, &metric), -1);
}

#define ZERO "00000000000000000000000000000000"

static void v6_default_route(void **state)
{
    (void)state;
    static const char *const others[] = {
        /* the network itself; the null route on lo; down; cut short */
        "fd000000000000000000000000000000 40 " ZERO " 00 " ZERO
        " 00000100 00000001 00000000 00000001     eth0",
        ZERO " 00 " ZERO " 00 " ZERO " ffffffff 00000001 00000000 00200200       lo",
        ZERO " 00 " ZERO " 00 fd000000000000000000000000000001"
             " 00000400 00000000 00000000 00000002     eth0",
        ZERO " 00 " ZERO " 00 fd00",
        "",
    };
    struct in6_addr gateway, expected;
    unsigned metric;
    inet_pton(AF_INET6, "fd00::1", &expected);
    assert_int_equal(route_parse_v6(ZERO " 00 " ZERO " 00 fd000000000000000000000000000001"
                                         " 00000400 00000000 00000000 00000003     eth0",
                                    &gateway, &metric),
                     0);
    assert_memory_equal(&gateway, &expected, sizeof gateway);
    assert_int_equal(metric, 0x400);
    for (size_t i = 0; i < array_length(others); i++)
        assert_int_equal(route_parse_v6(others[i], &gateway, &metric), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(v4_default_route),
        cmocka_unit_test(v6_default_route),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
