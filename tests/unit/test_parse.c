/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "shared/parse.h"
#include "shared/session.h"

/* A text that is `count` times the byte. Valid until the next call. */
static const char *repeated(char byte, size_t count)
{
    static char text[1024];
    assert_true(count < sizeof text);
    memset(text, byte, count);
    text[count] = '\0';
    return text;
}

/* Every parser of one number is held to the same table: text → value, or refused. */
struct number {
    const char *text;
    uint64_t value; /* REFUSED: is none */
};
#define REFUSED UINT64_MAX

static int parse_size_of(const char *text, uint64_t *value)
{
    return parse_size(text, value);
}

static int parse_thousandths(const char *text, uint64_t *value)
{
    uint32_t small = 0;
    int result = parse_cpus(text, &small);
    if (result == 0)
        *value = small;
    return result;
}

static int parse_1_to_99(const char *text, uint64_t *value)
{
    return parse_number(text, 1, 99, value);
}

static int parse_flag(const char *text, uint64_t *value)
{
    bool flag = false;
    int result = parse_bool(text, &flag);
    if (result == 0)
        *value = flag;
    return result;
}

static void check(int (*parse)(const char *, uint64_t *), const struct number *cases,
                  size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t value = 4711;
        int result = parse(cases[i].text, &value);
        if (result != (cases[i].value == REFUSED ? -1 : 0))
            fail_msg("'%s' gave %d", cases[i].text, result);
        if (value != (result ? 4711 : cases[i].value)) /* left alone where it is refused */
            fail_msg("'%s' is %llu", cases[i].text, (unsigned long long)value);
    }
}

static void numbers(void **state)
{
    (void)state;
    static const struct number cases[] = {
        {"1", 1},
        {"99", 99},
        {"007", 7},
        {"0", REFUSED},
        {"100", REFUSED},
        {"", REFUSED},
        {"-1", REFUSED},
        {"+1", REFUSED},
        {" 1", REFUSED},
        {"1 ", REFUSED},
        {"0x10", REFUSED},
        {"1e1", REFUSED},
        {"1.", REFUSED},
        {"one", REFUSED},
        {"\xd9\xa1", REFUSED},
        {"18446744073709551617", REFUSED}, /* 2^64 + 1: no wrapping round to 1 */
    };
    check(parse_1_to_99, cases, array_length(cases));
    uint64_t value;
    assert_int_equal(parse_number("18446744073709551615", 0, UINT64_MAX, &value), 0);
    assert_true(value == UINT64_MAX);
    assert_int_equal(parse_number("18446744073709551616", 0, UINT64_MAX, &value), -1);
    assert_int_equal(parse_number("99999999999999999999", 0, UINT64_MAX, &value), -1);
}

static void flags(void **state)
{
    (void)state;
    static const struct number cases[] = {
        {"yes", 1},        {"no", 0},         {"true", 1},    {"false", 0},
        {"on", 1},         {"off", 0},        {"1", 1},       {"0", 0},
        {"YES", 1},        {"False", 0},      {"oFF", 0},     {"", REFUSED},
        {"y", REFUSED},    {"yes ", REFUSED}, {"2", REFUSED}, {"yesno", REFUSED},
        {"none", REFUSED},
    };
    check(parse_flag, cases, array_length(cases));
}

static void durations(void **state)
{
    (void)state;
    static const struct number cases[] = {
        {"1s", 1},
        {"90s", 90},
        {"10m", 600},
        {"2h", 7200},
        {"1d", 86400},
        {"1D", 86400},
        {"3650d", 315360000},
        {"3651d", REFUSED},
        {"0s", REFUSED},
        {"10", REFUSED},
        {"m", REFUSED},
        {"", REFUSED},
        {"1.5h", REFUSED},
        {"-1s", REFUSED},
        {"1w", REFUSED},
        {"1ms", REFUSED},
        {"1h30m", REFUSED},
        {"1 h", REFUSED},
        {"213503982334602d", REFUSED}, /* 2^64 s */
    };
    check(parse_duration, cases, array_length(cases));
}

static void sizes(void **state)
{
    (void)state;
    static const struct number cases[] = {
        {"0", 0},
        {"4096", 4096},
        {"7b", 7},
        {"1k", 1 << 10},
        {"512m", 512 << 20},
        {"4g", UINT64_C(4) << 30},
        {"1t", UINT64_C(1) << 40},
        {"1K", 1 << 10},
        {"2kb", 2 << 10},
        {"2KiB", 2 << 10},
        {"1mib", 1 << 20},
        {"16777215t", UINT64_C(16777215) << 40},
        {"16777216t", REFUSED},
        {"1.5g", REFUSED},
        {"", REFUSED},
        {"k", REFUSED},
        {"1p", REFUSED},
        {"1kk", REFUSED},
        {"1bi", REFUSED},
        {"1 k", REFUSED},
        {"-1k", REFUSED},
        {"1ki", REFUSED},
    };
    check(parse_size_of, cases, array_length(cases));
}

static void cpus(void **state)
{
    (void)state;
    static const struct number cases[] = {
        {"1", 1000},
        {"2", 2000},
        {"1.5", 1500},
        {".25", 250},
        {"0.01", 10},
        {"1.125", 1125},
        {"0.010", 10},
        {"100000", 100000000},
        {"100001", REFUSED},
        {"0", REFUSED},
        {"0.009", REFUSED},
        {"", REFUSED},
        {".", REFUSED},
        {"1.", REFUSED},
        {"1.2345", REFUSED},
        {"1,5", REFUSED},
        {"-1", REFUSED},
        {"1.5x", REFUSED},
        {"99999999999999999999", REFUSED},
    };
    check(parse_thousandths, cases, array_length(cases));
}

/* --- ports -------------------------------------------------------------------------- */

static void ports(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct port port;
    } cases[] = {
        {"3000", {AF_INET, "127.0.0.1", 0, 3000, IPPROTO_TCP}},
        {"3000/udp", {AF_INET, "127.0.0.1", 0, 3000, IPPROTO_UDP}},
        {"3000/TCP", {AF_INET, "127.0.0.1", 0, 3000, IPPROTO_TCP}},
        {"8080:80", {AF_INET, "127.0.0.1", 8080, 80, IPPROTO_TCP}},
        {"0:80", {AF_INET, "127.0.0.1", 0, 80, IPPROTO_TCP}},
        {"65535:65535", {AF_INET, "127.0.0.1", 65535, 65535, IPPROTO_TCP}},
        {"0.0.0.0:8080:80/udp", {AF_INET, "0.0.0.0", 8080, 80, IPPROTO_UDP}},
        {"127.0.0.2::80", {AF_INET, "127.0.0.2", 0, 80, IPPROTO_TCP}},
        {"[::1]:8080:80", {AF_INET6, "::1", 8080, 80, IPPROTO_TCP}},
        {"[::]:80", {AF_INET6, "::", 0, 80, IPPROTO_TCP}},
        {"[0:0:0:0:0:0:0:1]::80/udp", {AF_INET6, "::1", 0, 80, IPPROTO_UDP}},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct port got = {.container = 0};
        const struct port *want = &cases[i].port;
        assert_int_equal(parse_port(cases[i].text, &got), 0);
        assert_int_equal(got.family, want->family);
        assert_string_equal(got.host_ip, want->host_ip);
        assert_int_equal(got.host, want->host);
        assert_int_equal(got.container, want->container);
        assert_int_equal(got.protocol, want->protocol);
    }
}

static void no_ports(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "0",
        "65536",
        "65536:80",
        "80:65536",
        "80:0",
        "-1",
        "80/sctp",
        "80/",
        "80/udp/udp",
        ":80",
        "80:",
        "a:80",
        "80:b",
        "80-90",
        "80-90:80-90",
        "localhost:80:80",
        "1.2.3:80:80",
        "1.2.3.4.5:80:80",
        "256.0.0.1:80:80",
        "::1:80:80",
        "[::1]",
        "[::1]80",
        "[::1]:",
        "[::1:80",
        "[1.2.3.4]:80:80",
        "[]:80:80",
        "[::1%lo]:80:80",
        "1:2:3:4",
        " 80",
        "80 ",
        "8080:80:",
        "127.0.0.1:80:80:80",
        "99999999999999999999:1",
        "[0000000000000000000000000000000000000000000000001]:1:1",
        "80x:80",
        "+80:80",
    };
    for (size_t i = 0; i < array_length(texts); i++) {
        struct port got = {.container = 4711};
        if (parse_port(texts[i], &got) != -1)
            fail_msg("'%s' is taken for a port", texts[i]);
        assert_int_equal(got.container, 4711);
    }
}

/* --- names -------------------------------------------------------------------------- */

static void check_names(bool (*is_name)(const char *), const char *const *good,
                        const char *const *bad)
{
    for (; *good; good++)
        if (!is_name(*good))
            fail_msg("'%s' is refused", *good);
    for (; *bad; bad++)
        if (is_name(*bad))
            fail_msg("'%s' is accepted", *bad);
}

static void package_names(void **state)
{
    (void)state;
    static const char *const good[] = {"build-essential", "g++", "libc6", "0ad", "a.b", "ab",
                                       "python3.11-dev",  NULL};
    static const char *const bad[] = {"",
                                      "a",
                                      "A-b",
                                      "-a",
                                      "+a",
                                      ".a",
                                      "a b",
                                      "a_b",
                                      "a/b",
                                      "a;b",
                                      "a=1",
                                      "libc6:i386",
                                      "a\n",
                                      "$(id)",
                                      "a|b",
                                      "a`b",
                                      "\xc3\xa4\xc3\xa4",
                                      "--yes",
                                      "../a",
                                      NULL};
    check_names(is_package_name, good, bad);
    assert_true(is_package_name(repeated('a', 128)));
    assert_false(is_package_name(repeated('a', 129)));
}

static void env_names(void **state)
{
    (void)state;
    static const char *const good[] = {"A", "_", "PATH", "a1_B", NULL};
    static const char *const bad[] = {"", "1A", "A-B", "A=", "A B", "A.B", "\xc3\x84", NULL};
    check_names(is_env_name, good, bad);
    assert_true(is_env_name(repeated('A', 255)));
    assert_false(is_env_name(repeated('A', 256)));
}

static void box_names(void **state)
{
    (void)state;
    static const char *const good[] = {"claudex-app-0a1b2c3d", "a1", "A_b.c-d", "00", NULL};
    static const char *const bad[] = {"",    "a",   "-a",  ".a", "_a",
                                      "a b", "a/b", "a:b", "..", NULL};
    check_names(is_box_name, good, bad);
    assert_true(is_box_name(repeated('a', 128)));
    assert_false(is_box_name(repeated('a', 129)));
}

static void host_names(void **state)
{
    (void)state;
    static const char *const good[] = {
        "example.com",       "EXAMPLE.com", "a",           "db", "a-b.c", "_dmarc.example.com",
        "xn--mnchen-3ya.de", "1.example",   "0x1.example", "1a", "0xg",   NULL};
    static const char *const bad[] = {
        "",       ".",    ".com", "a.",  "a..b", "-a.com",       "a-.com",  "a.-b", "a.b-",
        "a b",    "a/b",  "*.a",  "a:1", "a@b",  "m\xc3\xbc.de", "1.2.3.4", "1",    "a.1",
        "a.0x7f", "0X7f", "a\n",  "0x",  NULL};
    check_names(is_host_name, good, bad);
    assert_true(is_host_name(repeated('a', 63)));
    assert_false(is_host_name(repeated('a', 64)));
    char text[300];
    (void)snprintf(text, sizeof text, "%s.", repeated('a', 49)); /* 50 */
    char longest[300];
    (void)snprintf(longest, sizeof longest, "%s%s%s%s%sabc", text, text, text, text, text);
    assert_int_equal(strlen(longest), 253);
    assert_true(is_host_name(longest));
    longest[253] = 'd';
    longest[254] = '\0';
    assert_false(is_host_name(longest));
}

/* --- host patterns ------------------------------------------------------------------ */

static void host_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum host_kind kind;
        const char *name;
        uint16_t port;
        int family;
        unsigned prefix;
    } cases[] = {
        {"example.com", HOST_EXACT, "example.com", 0, 0, 0},
        {"Example.COM:8443", HOST_EXACT, "example.com", 8443, 0, 0},
        {"db:5432", HOST_EXACT, "db", 5432, 0, 0},
        {"host.docker.internal:11434", HOST_EXACT, "host.docker.internal", 11434, 0, 0},
        {"*.example.com", HOST_WILDCARD, "example.com", 0, 0, 0},
        {"*.Example.com:1", HOST_WILDCARD, "example.com", 1, 0, 0},
        {"10.0.0.1", HOST_ADDRESS, "10.0.0.1", 0, AF_INET, 32},
        {"10.0.0.1:22", HOST_ADDRESS, "10.0.0.1", 22, AF_INET, 32},
        {"10.0.0.0/8", HOST_ADDRESS, "10.0.0.0", 0, AF_INET, 8},
        {"10.0.0.0/8:65535", HOST_ADDRESS, "10.0.0.0", 65535, AF_INET, 8},
        {"0.0.0.0/0", HOST_ADDRESS, "0.0.0.0", 0, AF_INET, 0},
        {"2001:DB8::1", HOST_ADDRESS, "2001:db8::1", 0, AF_INET6, 128},
        {"2001:db8::/32", HOST_ADDRESS, "2001:db8::", 0, AF_INET6, 32},
        {"2001:db8:0::/33", HOST_ADDRESS, "2001:db8::", 0, AF_INET6, 33},
        {"[2001:db8::1]:22", HOST_ADDRESS, "2001:db8::1", 22, AF_INET6, 128},
        {"[2001:db8::1]", HOST_ADDRESS, "2001:db8::1", 0, AF_INET6, 128},
        {"[2001:db8::/32]:443", HOST_ADDRESS, "2001:db8::", 443, AF_INET6, 32},
        {"::/0", HOST_ADDRESS, "::", 0, AF_INET6, 0},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct host_pattern got;
        const char *why = "";
        if (parse_host_pattern(cases[i].text, &got, &why) != 0)
            fail_msg("'%s': %s", cases[i].text, why);
        assert_int_equal(got.kind, cases[i].kind);
        assert_string_equal(got.name, cases[i].name);
        assert_int_equal(got.port, cases[i].port);
        assert_int_equal(got.family, cases[i].family);
        assert_int_equal(got.prefix, cases[i].prefix);
    }
}

static void host_patterns_have_the_address_in_network_order(void **state)
{
    (void)state;
    static const uint8_t v4[16] = {192, 0, 2, 128}, none[16] = {0};
    static const uint8_t v6[16] = {0x20, 1, 0xd, 0xb8, [15] = 7};
    struct host_pattern got;
    assert_int_equal(parse_host_pattern("192.0.2.128/25", &got, NULL), 0);
    assert_memory_equal(got.address, v4, sizeof v4);
    assert_int_equal(parse_host_pattern("2001:db8::7", &got, NULL), 0);
    assert_memory_equal(got.address, v6, sizeof v6);
    assert_int_equal(parse_host_pattern("example.com", &got, NULL), 0);
    assert_memory_equal(got.address, none, sizeof none);
}

static void no_host_patterns_and_why(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why; /* a word of the reason */
    } cases[] = {
        {"https://example.com", "URL"},
        {"http://example.com:80/x", "URL"},
        {"example.com/path", "path"},
        {"git@github.com", "user"},
        {"git@github.com:acme/app.git", "user"},
        {"example.com example.org", "one host a line"},
        {"example.com,example.org", "one host a line"},
        {"m\xc3\xbcnchen.de", "xn--"},
        {"example.com.", "dot"},
        {"example.com.:443", "dot"},
        {"*", "star"},
        {"*example.com", "star"},
        {"a.*.com", "star"},
        {"*.*.com", "star"},
        {"**.com", "star"},
        {"*.", "expected"},
        {"*.10.0.0.1", "expected"},
        {"", "expected"},
        {".", "expected"},
        {".example.com", "expected"},
        {"-a.com", "expected"},
        {"1.2.3", "expected"},
        {"1.2.3.256", "expected"},
        {"0x7f000001", "expected"},
        {"127.1", "expected"},
        {"exa\tmple.com", "expected"},
        {"example.com:", "port"},
        {"example.com:0", "port"},
        {"example.com:65536", "port"},
        {"example.com:https", "port"},
        {"example.com:443:443", "expected"},
        {"[::1", "]"},
        {"[::1]443", ":PORT"},
        {"[::1]:", "port"},
        {"[example.com]:443", "brackets"},
        {"[10.0.0.1]", "brackets"},
        {"10.0.0.0/33", "prefix"},
        {"10.0.0.0/", "prefix"},
        {"10.0.0.0/-1", "prefix"},
        {"2001:db8::/129", "prefix"},
        {"10.0.0.1/8", "beyond"},
        {"2001:db8::1/32", "beyond"},
        {"2001:db8:8000::/32", "beyond"},
        {"::ffff:10.0.0.1", "v4"},
        {"::ffff:0:0/96", "v4"},
        {"fe80::1%eth0", "expected"},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct host_pattern got = {.port = 4711};
        const char *why = "";
        if (parse_host_pattern(cases[i].text, &got, &why) != -1)
            fail_msg("'%s' is taken for a host", cases[i].text);
        if (!strstr(why, cases[i].why))
            fail_msg("'%s': %s", cases[i].text, why);
        assert_int_equal(got.port, 4711);
        assert_int_equal(parse_host_pattern(cases[i].text, &got, NULL), -1);
    }
    const char *why = "";
    struct host_pattern got;
    assert_int_equal(parse_host_pattern(repeated('a', 1000), &got, &why), -1);
    assert_non_null(strstr(why, "too long"));
    assert_int_equal(parse_host_pattern(repeated('a', 300), &got, &why), -1);
}

/* --- near misses -------------------------------------------------------------------- */

static void nearest_words(void **state)
{
    (void)state;
    static const char *const words[] = {"packages", "agent", "run",   "network",
                                        "port",     "x11",   "allow", "groups"};
    static const struct {
        const char *word, *nearest;
    } cases[] = {
        {"packages", "packages"},
        {"package", "packages"},
        {"pacakges", "packages"},
        {"pacakge", "packages"},
        {"agnet", "agent"},
        {"agents", "agent"},
        {"rn", NULL},
        {"rum", "run"},
        {"prot", "port"},
        {"ports", "port"},
        {"netwrok", "network"},
        {"x12", "x11"},
        {"alow", "allow"},
        {"Allow", "allow"},
        {"group", "groups"},
        {"", NULL},
        {"q", NULL},
        {"entirely", NULL},
        {"memory", NULL},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        const char *got = nearest_word(cases[i].word, words, array_length(words));
        if (cases[i].nearest ? !got || strcmp(got, cases[i].nearest) != 0 : got != NULL)
            fail_msg("near '%s' is '%s'", cases[i].word, got ? got : "nothing");
    }
    assert_null(nearest_word("a", NULL, 0));
    assert_null(nearest_word(repeated('a', 1000), words, array_length(words)));
    const char *const longer[] = {repeated('a', 1000)};
    assert_null(nearest_word("aaaaaaaaaaaaaaaaaaaa", longer, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(flags),
        cmocka_unit_test(durations),
        cmocka_unit_test(sizes),
        cmocka_unit_test(cpus),
        cmocka_unit_test(ports),
        cmocka_unit_test(no_ports),
        cmocka_unit_test(package_names),
        cmocka_unit_test(env_names),
        cmocka_unit_test(box_names),
        cmocka_unit_test(host_names),
        cmocka_unit_test(host_patterns),
        cmocka_unit_test(host_patterns_have_the_address_in_network_order),
        cmocka_unit_test(no_host_patterns_and_why),
        cmocka_unit_test(nearest_words),
    };
    return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
