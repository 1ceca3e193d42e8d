/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/policy/host_argument.c plugin/policy/idn.c plugin/lazy.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/policy/host_argument.h"
#include "shared/cleanup.h"
#include "shared/names.h"

static void hosts_are_taken(void **state)
{
    static const char *const good[] = {"example.com",   "*.example.com:8443", "192.0.2.1",
                                       "2001:db8::/32", "[::1]:80",           "db:5432"};
    struct error err = ERROR_INIT;
    char out[HOST_ARGUMENT_MAX];
    (void)state;
    for (size_t i = 0; i < array_length(good); i++) {
        assert_int_equal(host_argument(good[i], "claudex allow", out, &err), 0);
        assert_string_equal(out, good[i]);
    }
}

static void what_was_meant_is_said(void **state)
{
    static const char *const cases[][2] = {
        {"https://example.com", "did you mean: claudex allow example.com"},
        {"example.com.", "'example.com.': a dot at the end"},
        {"https://example.com/path?q#f", "allow example.com"},
        {"https://example.com:443/", "allow example.com"},
        {"http://example.com:8080/x", "allow example.com:8080"},
        {"https://user:secret@example.com/x", "allow example.com"},
        {"ssh://git@example.com/repo", "allow example.com:22"},
        {"git@example.com:acme/repo.git", "allow example.com:22"},
        {"example.com/path", "allow example.com"},
        {"example.com.", "allow example.com"},
        {"example.com.:8443", "allow example.com:8443"},
        {" example.com", "allow example.com"},
        {"example.com:1000-2000", "range of ports"},
        {"example.com:99999", "port from 1 to 65535"},
        {"example.com:0", "port from 1 to 65535"},
        {"*", "star"},
        {"a*b.example.com", "star"},
        {"b\xc3.example", "xn--"},
        {"b\xc3\xbc"
         "cher.example:0",
         "port from 1 to 65535"},
        {"https://b\xc3\xbc"
         "cher.example/x",
         "allow xn--bcher-kva.example"},
        {"b\xc3\xbc"
         "cher.example/path",
         "allow xn--bcher-kva.example"},
        {"evil\xef\xbc\x8f.example", "a path"}, /* a slash of full width */
        {"\xef\xbf\xbe.example", "xn--"},       /* no letter */
        {"", "expected"},
        {"exa mple.com", "blank"},
        {"\x1b[2J.example", "expected"},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct error err = ERROR_INIT;
        char out[HOST_ARGUMENT_MAX];
        assert_int_equal(host_argument(cases[i][0], "claudex allow", out, &err), -1);
        assert_int_equal(err.status, EXIT_USAGE);
        if (!strstr(err.text, cases[i][1]))
            fail_msg("%s: %s", cases[i][0], err.text);
        assert_null(strchr(err.text, 27));
    }
}

static void names_of_other_letters_are_converted(void **state)
{
    static const char *const cases[][2] = {
        {"b\xc3\xbc"
         "cher.example",
         "xn--bcher-kva.example"},
        {"*.B\xc3\x9c"
         "CHER.example:8443", /* capitals, too */
         "*.xn--bcher-kva.example:8443"},
        {"bu\xcc\x88"
         "cher.example", /* in two code points */
         "xn--bcher-kva.example"},
        {"stra\xc3\x9f"
         "e.example", /* not as IDNA 2003 had it, strasse */
         "xn--strae-oqa.example"},
        {"\xd0\xb0pple.example", "xn--pple-43d.example"},            /* Cyrillic a */
        {"\xe4\xbe\x8b\xe3\x80\x82\xe4\xbe\x8b", "xn--fsq.xn--fsq"}, /* its full stop */
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct error err = ERROR_INIT;
        char out[HOST_ARGUMENT_MAX];
        if (host_argument(cases[i][0], "claudex allow", out, &err) < 0)
            fail_msg("%s: %s", cases[i][0], err.text);
        assert_string_equal(out, cases[i][1]);
    }
}

static void secrets_of_a_url_are_not_guessed_into_a_host(void **state)
{
    char out[HOST_ARGUMENT_MAX];
    (void)state;
    assert_int_equal(host_argument_guess("https://u:p@h.example/", out), 0);
    assert_string_equal(out, "h.example");
    assert_int_equal(host_argument_guess("https:///nothing", out), -1);
    char labels[1200] = "https://";
    for (int i = 0; i < 300; i++)
        strcat(labels, "a.");
    assert_int_equal(host_argument_guess(labels, out), -1);
}

static void durations_want_a_unit(void **state)
{
    struct error err = ERROR_INIT;
    uint32_t seconds = 0;
    (void)state;
    assert_int_equal(duration_argument("10m", &seconds, &err), 0);
    assert_int_equal(seconds, 600);
    assert_int_equal(duration_argument("10", &seconds, &err), -1);
    assert_non_null(strstr(err.text, "10m"));
    assert_int_equal(err.status, EXIT_USAGE);
    static const char *const bad[] = {"", "m", "-1m", "0s", "10 m", "10y", "99999999d"};
    for (size_t i = 0; i < array_length(bad); i++)
        assert_int_equal(duration_argument(bad[i], &seconds, &err), -1);
    assert_int_equal(seconds, 600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_are_taken),
        cmocka_unit_test(what_was_meant_is_said),
        cmocka_unit_test(names_of_other_letters_are_converted),
        cmocka_unit_test(secrets_of_a_url_are_not_guessed_into_a_host),
        cmocka_unit_test(durations_want_a_unit),
    };
    return cmocka_run_group_tests_name("host_argument", tests, NULL, NULL);
}
