/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/upstream.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "init/net/upstream.h"

static void finds(const char *text, const char *servers)
{
    char out[UPSTREAM_SERVERS_MAX];
    int result = upstream_parse(text, out);
    assert_int_equal(result, servers ? 0 : -1);
    if (servers)
        assert_string_equal(out, servers);
}

static void servers_are_found(void **state)
{
    (void)state;
    finds("nameserver 10.0.0.2\n", "10.0.0.2");
    finds("# x\nsearch a b\nnameserver\t10.0.0.2 \nnameserver fd00::2\noptions ndots:0\n",
          "10.0.0.2,[fd00::2]");
    finds("nameserver fe80::1%eth0\n", "[fe80::1]");
    finds("nameserver 10.0.0.2\r\n", "10.0.0.2");
    finds("nameserver 127.0.0.11", "127.0.0.11");
}

static void our_own_is_none(void **state)
{
    (void)state;
    finds("nameserver 127.0.0.1\n", NULL);
    finds("nameserver ::1\nnameserver 127.0.0.53\n", NULL);
    finds("nameserver 127.0.0.1\nnameserver 10.0.0.2\n", "10.0.0.2");
}

static void nonsense_is_none(void **state)
{
    (void)state;
    finds("", NULL);
    finds("\n\n\n", NULL);
    finds("nameserver", NULL);
    finds("nameserver \n", NULL);
    finds("nameserver10.0.0.2\n", NULL);
    finds("nameserver 10.0.0\nnameserver 10.0.0.2.3\nnameserver x,10.0.0.2\n", NULL);
    finds(" nameserver 10.0.0.2\n", NULL);
}

static void too_many_are_refused(void **state)
{
    char text[2048] = "", out[UPSTREAM_SERVERS_MAX];
    size_t used = 0;
    (void)state;
    for (int i = 0; i < 40; i++)
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "nameserver 10.100.100.%d\n", i);
    assert_int_equal(upstream_parse(text, out), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_are_found),
        cmocka_unit_test(our_own_is_none),
        cmocka_unit_test(nonsense_is_none),
        cmocka_unit_test(too_many_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
