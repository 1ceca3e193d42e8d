/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/policy/denial.c plugin/policy/wide.c plugin/policy/connections.c
 * plugin/terminal/output.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/policy/connections.h"
#include "plugin/policy/denial.h"
#include "shared/cleanup.h"

static void lines_say_what_to_do(void **state)
{
    static const struct {
        const char *json, *line;
    } cases[] = {
        {"{\"host\": \"e.com\", \"via\": [\"dns\", \"tls\"], \"allow\": \"e.com\"}",
         "refused e.com (dns, tls); to allow it: docker claudex allow e.com"},
        {"{\"host\": \"1.2.3.4:53\", \"via\": [\"udp\"]}",
         "refused 1.2.3.4:53 (udp); it passes only in the mode open"},
        {"{\"host\": \"*.e.com\", \"via\": [], \"allow\": \"*.e.com\", \"asked\": true, "
         "\"reason\": \"\"}",
         "the agent asks for *.e.com; to allow it: docker claudex allow '*.e.com'"},
        {"{\"host\": \"e.com\", \"allow\": \"e.com\", \"asked\": true, \"reason\": "
         "\"\\u001b[2Jx\"}",
         "the agent asks for e.com; to allow it: docker claudex allow e.com; in its words: "
         "\\x1b[2Jx"},
        {"{\"host\": \"\\u001b]0;x\\u0007\", \"via\": [\"dns\"]}",
         "refused \\x1b]0;x\\x07 (dns); it passes only in the mode open"},
        {"{\"host\": \"a.e.com\", \"via\": [\"dns\"], \"allow\": \"a.e.com\", \"denied\": "
         "\"*.e.com\"}",
         "refused a.e.com (dns); denied by the configuration: deny = *.e.com"},
        {"{\"host\": \"a.e.com\", \"via\": [\"dns\"], \"allow\": \"a.e.com\", \"by_hand\": "
         "\"*.e.com\"}",
         "refused a.e.com (dns); to allow it: docker claudex deny --undo '*.e.com'"},
        {"{\"host\": \"0.0.0.0/0\", \"via\": [], \"allow\": \"0.0.0.0/0\", \"asked\": true, "
         "\"reason\": \"for npm\"}",
         "the agent asks for 0.0.0.0/0; too wide to be offered: every IPv4 address there is; in "
         "its words: for npm"},
        {"{\"host\": \"*.github.io:8443\", \"allow\": \"*.github.io:8443\", \"asked\": true}",
         "the agent asks for *.github.io:8443; too wide to be offered: anybody can have a name "
         "below it"},
        {"{\"host\": \"e.com\", \"via\": [\"http\"], \"fault\": \"the request was malformed: "
         "two Host fields\"}",
         "refused e.com (http); no allow helps: the request was malformed: two Host fields"},
        {"{}", "refused  (); it passes only in the mode open"},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        char out[2048];
        json_t *item = json_loads(cases[i].json, 0, NULL);
        assert_non_null(item);
        assert_string_equal(denial_line(item, "docker claudex", out, sizeof out),
                            cases[i].line);
        json_decref(item);
    }
}

static void connections_are_summed_by_host(void **state)
{
    char line[256];
    (void)state;
    json_t *list = json_loads(
        "[{\"name\": \"a\", \"port\": 443, \"up\": 1, \"down\": 2, \"age\": 3},"
        " {\"name\": \"b\", \"port\": 443, \"up\": 1000, \"down\": 2000000, \"age\": 1},"
        " {\"name\": \"a\", \"port\": 443, \"up\": 10, \"down\": 20, \"age\": 30},"
        " {\"name\": \"a\", \"port\": 22, \"up\": 0, \"down\": 0, \"age\": 0}]",
        0, NULL);
    json_t *hosts = connections_by_host(list);
    assert_int_equal(json_array_size(hosts), 3);
    connections_line(json_array_get(hosts, 0), line, sizeof line);
    assert_string_equal(line, "b:443: 1 connection, 2.0 MB down, 1.0 kB up, 1 s");
    connections_line(json_array_get(hosts, 1), line, sizeof line);
    assert_string_equal(line, "a:443: 2 connections, 22 B down, 11 B up, 30 s");
    json_decref(hosts);
    json_decref(list);
}

static void bytes_are_short(void **state)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {{0, "0 B"},
                 {999, "999 B"},
                 {1000, "1.0 kB"},
                 {999949, "999.9 kB"},
                 {999950, "1.0 MB"},
                 {8000000000, "8.0 GB"},
                 {UINT64_MAX, "18.4 EB"}};
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        char out[32];
        connections_bytes(cases[i].bytes, out, sizeof out);
        assert_string_equal(out, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_say_what_to_do),
        cmocka_unit_test(connections_are_summed_by_host),
        cmocka_unit_test(bytes_are_short),
    };
    return cmocka_run_group_tests_name("denial", tests, NULL, NULL);
}
