/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/host.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "init/net/host.h"
#include "shared/cleanup.h"

#define BYTES(text) (text), sizeof(text) - 1

/* From a copy of exactly that size, so that the sanitizer sees every byte too many. */
static bool authority(const char *text, size_t length, struct host *host)
{
    cleanup_free char *copy = malloc(length > 0 ? length : 1);
    assert_non_null(copy);
    memcpy(copy, text, length);
    return host_authority(copy, length, host);
}

static void hosts(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
        bool literal;
        uint16_t port;
    } good[] = {
        {"example.com", "example.com", false, 0},
        {"Example.COM:80", "example.com", false, 80},
        {"example.com.", "example.com", false, 0},
        {"example.com.:8080", "example.com", false, 8080},
        {"db", "db", false, 0},
        {"a_b-c.d:65535", "a_b-c.d", false, 65535},
        {"192.0.2.1", "192.0.2.1", true, 0},
        {"192.0.2.1:443", "192.0.2.1", true, 443},
        {"[2001:DB8:0::1]", "2001:db8::1", true, 0},
        {"[::1]:8080", "::1", true, 8080},
        {"[::ffff:192.0.2.1]:1", "::ffff:192.0.2.1", true, 1},
    };
    for (size_t i = 0; i < array_length(good); i++) {
        struct host host;
        if (!authority(good[i].text, strlen(good[i].text), &host))
            fail_msg("'%s' is no host", good[i].text);
        assert_string_equal(host.name, good[i].name);
        assert_int_equal(host.literal, good[i].literal);
        assert_int_equal(host.port, good[i].port);
    }
}

static void no_hosts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length;
    } bad[] = {
        {BYTES("")},
        {BYTES(".")},
        {BYTES(":80")},
        {BYTES("example.com..")},
        {BYTES("example..com")},
        {BYTES(".example.com")},
        {BYTES("-example.com")},
        {BYTES("example.com:")},
        {BYTES("example.com:0")},
        {BYTES("example.com:080")},
        {BYTES("example.com:65536")},
        {BYTES("example.com:655360")},
        {BYTES("example.com:+80")},
        {BYTES("example.com:80:80")},
        {BYTES("example.com:8\0")},
        {BYTES("example.com: 80")},
        {BYTES("example.com\0")},
        {BYTES("example.com\0.evil.com")},
        {BYTES("example.com ")},
        {BYTES("user@example.com")},
        {BYTES("example.com/")},
        {BYTES("example.com,evil.com")},
        {BYTES("*.example.com")},
        {BYTES("ex%61mple.com")},
        {BYTES("m\xc3\xbcnchen.de")},
        /* what inet_aton(3) would take for 127.0.0.1 */
        {BYTES("127.1")},
        {BYTES("2130706433")},
        {BYTES("0x7f000001")},
        {BYTES("0177.0.0.1")},
        {BYTES("127.0.0.1.")},
        {BYTES("127.0.0.256")},
        {BYTES("::1")},
        {BYTES("[::1")},
        {BYTES("[::1]80")},
        {BYTES("[::1]:")},
        {BYTES("[]")},
        {BYTES("[::1%eth0]")},
        {BYTES("[::1\0]")},
        {BYTES("[127.0.0.1]")},
        {BYTES("[example.com]")},
        {BYTES("[v1.x]")},
        {BYTES("[0000:0000:0000:0000:0000:0000:0000:0000:0000:0001]")},
        {BYTES("]")},
    };
    for (size_t i = 0; i < array_length(bad); i++) {
        struct host host;
        if (authority(bad[i].text, bad[i].length, &host))
            fail_msg("'%s' is taken for '%s'", bad[i].text, host.name);
    }
}

static void longest(void **state)
{
    (void)state;
    char text[260] = "";
    struct host host;
    for (size_t i = 0; i < 253; i++)
        text[i] = i % 2 ? '.' : 'a';
    assert_true(authority(text, 253, &host));
    assert_string_equal(host.name, text);
    text[253] = '.';
    assert_true(authority(text, 254, &host));
    text[254] = 'a';
    assert_false(authority(text, 255, &host));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts),
        cmocka_unit_test(no_hosts),
        cmocka_unit_test(longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
