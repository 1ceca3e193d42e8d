/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/engine/head.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/engine/head.h"
#include "shared/cleanup.h"

static const char upgraded[] = "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker."
                               "raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";

static void the_head_ends_at_the_empty_line(void **state)
{
    const size_t whole = sizeof upgraded - 1;
    (void)state;
    for (size_t i = 0; i < whole; i++)
        assert_int_equal(http_head_length(upgraded, i), 0);
    assert_int_equal(http_head_length(upgraded, whole), whole);
    assert_int_equal(http_head_length("HTTP/1.1 200 OK\n\nhello\r\n\r\n", 26), 17);
    assert_int_equal(http_head_length("a\r\n\r\n\r\n", 7), 5);
}

static void a_head_says(void **state)
{
    struct http_head head;
    (void)state;
    assert_int_equal(http_head_parse(upgraded, sizeof upgraded - 1, &head), 0);
    assert_int_equal(head.status, 101);
    assert_int_equal(head.content_length, -1);
    assert_false(head.chunked);
    static const char refused[] =
        "HTTP/1.0 404 \r\ncontent-LENGTH: \t 42 \r\nTransfer-Encoding: gzip, Chunked\r\n\r\n";
    assert_int_equal(http_head_parse(refused, sizeof refused - 1, &head), 0);
    assert_int_equal(head.status, 404);
    assert_int_equal(head.content_length, 42);
    assert_true(head.chunked);
    static const char bare[] = "HTTP/1.1 200\n\n";
    assert_int_equal(http_head_parse(bare, sizeof bare - 1, &head), 0);
    assert_int_equal(head.status, 200);
}

static void what_is_no_head(void **state)
{
    static const char *const cases[] = {
        "\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 999 OK\r\n\r\n",
        "HTTP/1.1 -10 OK\r\n\r\n",
        "HTTP/1.1\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK",
        "",
    };
    struct http_head head;
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++)
        assert_int_equal(http_head_parse(cases[i], strlen(cases[i]), &head), -1);
    assert_int_equal(http_head_parse("HTTP/1.1 200 O\0K\r\n\r\n", 20, &head), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_head_ends_at_the_empty_line),
        cmocka_unit_test(a_head_says),
        cmocka_unit_test(what_is_no_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
