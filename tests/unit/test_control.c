/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "shared/control.h"

#define ID  "0123456789abcdef"
#define ID8 "3f2a91c0"

static int request(const char *line, struct control_request *got)
{
    const char *why = NULL;
    int result = control_request_parse(line, strlen(line), got, &why);
    assert_true(result == 0 || (why && *why));
    return result;
}

static const struct {
    const char *line;
    enum control_word word;
    enum network_mode mode;
} requests[] = {
    {ID8 " status", CONTROL_STATUS, NETWORK_LOCKDOWN},
    {ID8 " mode open", CONTROL_MODE, NETWORK_OPEN},
    {ID8 " mode allowlist", CONTROL_MODE, NETWORK_ALLOWLIST},
    {ID8 " mode api", CONTROL_MODE, NETWORK_API},
    {ID8 " mode lockdown", CONTROL_MODE, NETWORK_LOCKDOWN},
    {ID8 " mode sealed", CONTROL_MODE, NETWORK_SEALED},
    {ID8 " lockdown on", CONTROL_LOCKDOWN_ON, NETWORK_LOCKDOWN},
    {ID8 " lockdown off", CONTROL_LOCKDOWN_OFF, NETWORK_LOCKDOWN},
    {ID8 " lockdown sever", CONTROL_SEVER, NETWORK_LOCKDOWN},
    {ID8 " lockdown toggle", CONTROL_TOGGLE, NETWORK_LOCKDOWN},
    {ID8 " reload", CONTROL_RELOAD, NETWORK_LOCKDOWN},
    {ID ID " status", CONTROL_STATUS, NETWORK_LOCKDOWN},
};

static void reads_and_prints_every_word(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(requests); i++) {
        struct control_request got;
        char out[CONTROL_LINE_MAX];
        assert_int_equal(request(requests[i].line, &got), 0);
        assert_int_equal(got.word, requests[i].word);
        /* A request that names no mode could loosen none. */
        assert_int_equal(got.mode, requests[i].mode);
        int length = control_request_print(&got, out, sizeof out);
        assert_int_equal(length, strlen(requests[i].line) + 1);
        assert_memory_equal(out, requests[i].line, (size_t)length - 1);
        assert_int_equal(out[length - 1], '\n');
    }
}

static const struct {
    const char *line;
    enum control_word word;
    const char *pattern;
    uint32_t number;
} about_hosts[] = {
    {ID8 " allow example.com", CONTROL_ALLOW, "example.com", 0},
    {ID8 " allow *.example.com:8443 600", CONTROL_ALLOW, "*.example.com:8443", 600},
    {ID8 " deny [2001:db8::/32]:443", CONTROL_DENY, "[2001:db8::/32]:443", 0},
    {ID8 " deny 10.0.0.0/8 1000000000", CONTROL_DENY, "10.0.0.0/8", CONTROL_NUMBER_MAX},
    {ID8 " forget Example.com", CONTROL_FORGET, "Example.com", 0},
    {ID8 " grants 0", CONTROL_GRANTS, "", 0},
    {ID8 " connections 4711", CONTROL_CONNECTIONS, "", 4711},
    {ID8 " denied 3", CONTROL_DENIED, "", 3},
    {ID8 " follow", CONTROL_FOLLOW, "", 0},
};

static void reads_and_prints_what_is_about_hosts(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(about_hosts); i++) {
        struct control_request got;
        char out[CONTROL_LINE_MAX];
        assert_int_equal(request(about_hosts[i].line, &got), 0);
        assert_int_equal(got.word, about_hosts[i].word);
        assert_string_equal(got.pattern, about_hosts[i].pattern);
        assert_int_equal(got.number, about_hosts[i].number);
        int length = control_request_print(&got, out, sizeof out);
        assert_int_equal(length, strlen(about_hosts[i].line) + 1);
        assert_memory_equal(out, about_hosts[i].line, (size_t)length - 1);
    }
}

static void refuses_requests_that_are_not_exact(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        " ",
        "status",
        " status",
        ID8,
        ID8 " ",
        ID8 " stat",
        ID8 " statusx",
        ID8 " status ",
        ID8 " status x",
        ID8 "  status",
        ID8 "\tstatus",
        ID8 " STATUS",
        ID8 " mode",
        ID8 " mode ",
        ID8 " mode  open",
        ID8 " mode open ",
        ID8 " mode closed",
        ID8 " lockdown",
        ID8 " lockdown maybe",
        ID8 " lockdown on on",
        ID8 " lockdown on\n",
        ID8 " status\x1b",
        ID8 " status\x80",
        ID8 " allow",
        ID8 " allow ",
        ID8 " allow https://example.com",
        ID8 " allow example.com ",
        ID8 " allow example.com 0",
        ID8 " allow example.com 010",
        ID8 " allow example.com 10m",
        ID8 " allow example.com 1000000001",
        ID8 " allow example.com 10 10",
        ID8 " allowexample.com",
        ID8 " deny ex\x1b.com",
        ID8 " forget example.com 10",
        ID8 " grants",
        ID8 " grants -1",
        ID8 " grants 00",
        ID8 " connections 1 2",
        ID8 " a word that is longer than any that is known here",
        "3f2a91c status",   /* 7 digits */
        ID ID "0 status",   /* 33 digits */
        "3F2A91C0 status",  /* capitals */
        "3f2a91g0 status",  /* no digit */
        "../../etc status", /* would name a file */
        "3f2a91c0/ status",
    };
    for (size_t i = 0; i < array_length(lines); i++) {
        struct control_request got = {.id = "untouched"};
        assert_int_equal(request(lines[i], &got), -1);
        assert_string_equal(got.id, "untouched");
    }
}

static void refuses_nul_and_overlong_requests(void **state)
{
    (void)state;
    struct control_request got;
    const char *why;
    assert_int_equal(control_request_parse(ID8 " status\0x", 17, &got, &why), -1);
    assert_int_equal(control_request_parse(ID8 " status\0", 16, &got, &why), -1);
    assert_int_equal(control_request_parse("3f2a\0", 5, &got, &why), -1);
    char line[CONTROL_LINE_MAX + 1];
    (void)snprintf(line, sizeof line, "%-*s", CONTROL_LINE_MAX, ID8 " status");
    assert_int_equal(control_request_parse(line, CONTROL_LINE_MAX, &got, &why), -1);
    assert_string_equal(why, "the line is too long");
    assert_int_equal(control_request_parse(line, CONTROL_LINE_MAX - 1, &got, &why), -1);
    assert_int_equal(control_request_parse(line, 15, &got, &why), 0);
}

static void prints_no_request_that_would_be_refused(void **state)
{
    (void)state;
    char out[64];
    struct control_request bad = {.id = "", .word = CONTROL_STATUS};
    assert_int_equal(control_request_print(&bad, out, sizeof out), -1);
    strcpy(bad.id, "3f2a91c0 mode");
    assert_int_equal(control_request_print(&bad, out, sizeof out), -1);
    strcpy(bad.id, ID8);
    assert_int_equal(control_request_print(&bad, out, 16), -1);
    assert_int_equal(control_request_print(&bad, out, 17), 16); /* "ID status\n" and NUL */
    assert_string_equal(out, ID8 " status\n");
}

static int reply(const char *line, struct control_reply *got)
{
    return control_reply_parse(line, strlen(line), got);
}

static void reads_and_prints_replies(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int status;
        const char *text;
    } replies[] = {
        {ID8 " ok 0 lockdown; 2 connections stay", 0, "lockdown; 2 connections stay"},
        {ID8 " ok 0 ", 0, ""},
        {ID8 " error 125 no such  mode ", 125, "no such  mode "},
        {ID8 " error 255 é", 255, "é"},
    };
    for (size_t i = 0; i < array_length(replies); i++) {
        struct control_reply got;
        char out[CONTROL_LINE_MAX];
        assert_int_equal(reply(replies[i].line, &got), 0);
        assert_string_equal(got.id, ID8);
        assert_int_equal(got.status, replies[i].status);
        assert_string_equal(got.text, replies[i].text);
        int length = control_reply_print(&got, out, sizeof out);
        assert_int_equal(length, strlen(replies[i].line) + 1);
        assert_memory_equal(out, replies[i].line, (size_t)length - 1);
    }
}

static void refuses_replies_that_are_not_exact(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        ID8,
        ID8 " ok",
        ID8 " ok 0",
        ID8 " ok 1 x",
        ID8 " error 0 x",
        ID8 " error 256 x",
        ID8 " error x x",
        ID8 " error -1 x",
        ID8 " error 012 x",
        ID8 " ok 00 x",
        ID8 " fine 0 x",
        ID8 " ok  0 x",
        " ok 0 x",
        "ok 0 x",
        ID8 " ok 0 \x1b[2J",
        ID8 " ok 0 a\nb",
    };
    struct control_reply got = {.status = 77};
    for (size_t i = 0; i < array_length(lines); i++)
        assert_int_equal(reply(lines[i], &got), -1);
    assert_int_equal(got.status, 77);
}

static void replies_have_the_length_of_a_pipe_buffer(void **state)
{
    (void)state;
    char out[2 * CONTROL_LINE_MAX];
    struct control_reply longest = {.id = ID8};
    const size_t fits = CONTROL_LINE_MAX - strlen(ID8 " ok 0 \n");
    memset(longest.text, 'x', fits);
    int length = control_reply_print(&longest, out, sizeof out);
    assert_int_equal(length, CONTROL_LINE_MAX);
    struct control_reply got;
    assert_int_equal(control_reply_parse(out, (size_t)length - 1, &got), 0);
    assert_string_equal(got.text, longest.text);
    longest.text[fits] = 'x';
    assert_int_equal(control_reply_print(&longest, out, sizeof out), -1);
    assert_int_equal(control_reply_parse(out, CONTROL_LINE_MAX, &got), -1);
}

static void prints_no_reply_that_would_be_refused(void **state)
{
    (void)state;
    char out[CONTROL_LINE_MAX];
    struct control_reply bad = {.id = ID8, .status = 256};
    assert_int_equal(control_reply_print(&bad, out, sizeof out), -1);
    bad.status = -1;
    assert_int_equal(control_reply_print(&bad, out, sizeof out), -1);
    bad.status = 0;
    strcpy(bad.text, "two\nlines");
    assert_int_equal(control_reply_print(&bad, out, sizeof out), -1);
    strcpy(bad.text, "one");
    strcpy(bad.id, "x");
    assert_int_equal(control_reply_print(&bad, out, sizeof out), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_prints_every_word),
        cmocka_unit_test(reads_and_prints_what_is_about_hosts),
        cmocka_unit_test(refuses_requests_that_are_not_exact),
        cmocka_unit_test(refuses_nul_and_overlong_requests),
        cmocka_unit_test(prints_no_request_that_would_be_refused),
        cmocka_unit_test(reads_and_prints_replies),
        cmocka_unit_test(refuses_replies_that_are_not_exact),
        cmocka_unit_test(replies_have_the_length_of_a_pipe_buffer),
        cmocka_unit_test(prints_no_reply_that_would_be_refused),
    };
    return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
